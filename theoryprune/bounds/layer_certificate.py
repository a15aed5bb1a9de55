"""What is certified of one pruned layer, as a record."""

from __future__ import annotations

from dataclasses import dataclass

from theoryprune.bounds.claim import Claim
from theoryprune.bounds.gain_bounds import GainBounds
from theoryprune.bounds.rounding import Floats


@dataclass(frozen=True, eq=False, kw_only=True)
class LayerCertificate(Claim):
    """``||err(x)|| <= best ||x~||`` for every x, with ``x~ = (x, tau)`` if there are biases and x if not.

    Parameters
    ----------
    separate, constant : GainBounds or None
        With biases also ``||err(x)|| <= separate.best ||x|| + tau constant.best``.
    tau : float or None
    witness, full_witness : ndarray, shape (d,)
        Never None; the gains observed there are relative to ``||x~||``.
    **claim
        The other fields are those of `Claim`.
    """

    separate: GainBounds | None
    constant: GainBounds | None
    tau: float | None
    witness: Floats
    full_witness: Floats
