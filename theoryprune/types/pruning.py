"""What a pruning run leaves behind: its masks, a row per iteration, and the certificate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from theoryprune.types.certificate import FlowCertificate
from theoryprune.types.mask import Mask
from theoryprune.types.trace import TraceRow


@dataclass(frozen=True, eq=False, repr=False)
class Pruning:
    """The result of `prune`.

    Parameters
    ----------
    mask : Mask
        The final mask.
    trace : tuple of TraceRow
        One row per iteration.
    removed_at : mapping of str to Tensor
        Per weight the iteration that removed it, 0 if kept: int16, or int32 beyond 32,767 iterations. All masks on the
        way follow from it.
    method, schedule, scope : str
        What was run.
    collapsed_at : int or None
        The first iteration after which no input reaches an output (only with ``on_collapse="report"``).
    final_flow, final_exponent : float or None, int or None
        The flow of the final mask, in the form of `TraceRow.flow`; None for scores without a flow.
    certificate : FlowCertificate or None
        What the survival theorem says about this run; None for scores without a flow.
    """

    mask: Mask
    trace: tuple[TraceRow, ...]
    removed_at: Mapping[str, Tensor]
    method: str
    schedule: str
    scope: str
    collapsed_at: int | None = None
    final_flow: float | None = None
    final_exponent: int | None = None
    certificate: FlowCertificate | None = None

    def __repr__(self) -> str:
        """Say what was run and what it kept."""
        return f"Pruning({self.method}, {self.schedule}, {self.scope}, {self.mask.kept:,} of {self.mask.total:,} kept)"

    @property
    def density(self) -> float:
        """The density reached."""
        return self.mask.density

    def mask_after(self, iteration: int) -> Mask:
        """Return the mask as it stood after `iteration` (0: everything kept)."""
        # As int64: an iteration that int16 cannot hold would wrap around.
        return Mask({name: (at == 0) | (at.long() > iteration) for name, at in self.removed_at.items()})
