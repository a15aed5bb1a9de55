"""What is certified of one pruned channel group, as a record."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from theoryprune.bounds import BlockError, ConvCertificate, LayerCertificate

NOT_ASKED = "not asked for"
"""The note of groups that were reduced without certificates."""


@dataclass(frozen=True, eq=False)
class GroupCertificate:
    """What is known of the error that a group's consumers see.

    Parameters
    ----------
    parts : tuple of LayerCertificate or ConvCertificate
        One for each reading of dense layers, one for each consumer of convolutions. Empty where nothing is certified.
    observed : float or None
        A gain that was reached: the true one is at least this. None where the search does not know the activation, or
        what stands between the layers.
    best : float or None
        The proved bound of the gain: the norm of the consumers' errors over that of the producers' inputs.
    full : float or None
        The same bound for deleting the group.
    note : str
        Why there is none.
    constant : float
        What biases add to the error of convolutions; for dense layers they are an entry of the input.
    stream : tuple of BlockError
        For a merged residual stream, one row for each producer and each reader (`certify_stream`): it has no `best`,
        for its errors arise at many layers, each with an input of its own.
    full_observed : float or None
        A gain that deleting the group was seen to reach, as `observed`.
    """

    parts: tuple[LayerCertificate | ConvCertificate, ...]
    observed: float | None
    best: float | None
    full: float | None
    note: str
    constant: float = 0.0
    stream: tuple[BlockError, ...] = ()
    full_observed: float | None = None

    @property
    def tightness(self) -> float | None:
        """``observed / best``."""
        if self.best is None or self.observed is None:
            return None
        return self.observed / self.best if self.best else 1.0

    @property
    def vacuous(self) -> bool | None:
        """Whether deleting the group has a bound as good."""
        return None if self.best is None or self.full is None else bool(self.best > 0 and self.best >= self.full)

    @property
    def vacuity(self) -> Literal["yes", "no", "perhaps"] | None:
        """Whether the bound says nothing, as far as is known.

        What deleting the group changes lies between `full_observed` and `full`: a bound above both is vacuous, one
        below both is not, and one between them may be.
        """
        if self.vacuous is None or self.vacuous:
            return "yes" if self.vacuous else None
        return "no" if not self.best or self.best < (self.full_observed or 0.0) else "perhaps"

    def __str__(self) -> str:
        """The interval of the gain, or the reason why there is none."""
        if self.best is None:
            return f"no certificate: {self.note}"
        low = "?" if self.observed is None else f"{self.observed:.4g}"
        word = {"yes": ", vacuous", "perhaps": ", perhaps vacuous"}.get(self.vacuity or "", "")
        return f"gain of the error in [{low}, {self.best:.4g}]{word}"


def summed(parts: Sequence[LayerCertificate | ConvCertificate], *, seen: bool) -> GroupCertificate:
    """Put the certificates of several readings and consumers together.

    Parameters
    ----------
    parts : sequence of LayerCertificate or ConvCertificate
        Of errors that lie side by side: their bounds add up in squares.
    seen : bool
        Whether their searches knew the activation. Where none had a witness, none knew what stands between the layers.
    """
    known = [part for part in parts if part.witness is not None]
    observed = deleted = None
    if seen and (known or not parts):
        observed = max((part.observed for part in known), default=0.0)
        deleted = max((part.full_observed for part in known), default=0.0)
    best, full = root_of_squares([part.best for part in parts]), root_of_squares([part.full.best for part in parts])
    constants = [part.constant for part in parts if isinstance(part, ConvCertificate)]
    return GroupCertificate(tuple(parts), observed, best, full, "", root_of_squares(constants), full_observed=deleted)


def root_of_squares(values: Sequence[float]) -> float:
    """Return ``sqrt(sum v^2)`` of non-negative numbers, rounded up; exact for a single one."""
    largest = max(values, default=0.0)
    if len(values) == 1 or not largest or not math.isfinite(largest):
        return largest
    total = sum((value / largest) ** 2 for value in values)
    return float(np.nextafter(largest * math.sqrt(total) * (1 + 2.0**-50 * len(values)), np.inf))
