"""What every certificate of a pruned layer states, as a record: an interval for the gain of the error."""

from __future__ import annotations

from dataclasses import dataclass

from theoryprune.bounds.effort import Effort
from theoryprune.bounds.fold import Indices
from theoryprune.bounds.gain_bounds import GainBounds
from theoryprune.bounds.rounding import Floats

ARITHMETIC = "real, weights as given"


@dataclass(frozen=True, eq=False, kw_only=True)
class Claim:
    """The gain of the error lies in ``[observed, best]``, proved at both ends.

    Parameters
    ----------
    gains : GainBounds
        Of the error, for every input.
    full : GainBounds
        The same for the whole layer with nothing kept: what is lost by deleting it.
    witness, observed : ndarray of the shape of an input, or None, float
        An input, and a proved lower bound of the gain of the error there. None and 0 where no search is possible.
    full_witness, full_observed : ndarray, or None, float
        The same for the layer with nothing kept.
    radius, error : float or None
        For inputs with ``||x|| <= radius``: ``||err(x)|| <= error``, biases included.
    error_witness, error_observed : ndarray or None, float or None
        An input of that ball, and a proved lower bound of the error there.
    assignment, multipliers : ndarray, shape (n,)
        The fold that the residuals refer to.
    nonnegative : bool
        Whether only x >= 0 counts.
    effort : str
    digest : str
        SHA-256 of the layer before and after.
    arithmetic : str
        What is compared: real arithmetic on the weights as given.
    seconds : float
    """

    gains: GainBounds
    full: GainBounds
    witness: Floats | None
    observed: float
    full_witness: Floats | None
    full_observed: float
    radius: float | None
    error: float | None
    error_witness: Floats | None
    error_observed: float | None
    assignment: Indices
    multipliers: Floats
    nonnegative: bool
    effort: Effort
    digest: str
    arithmetic: str = ARITHMETIC
    seconds: float

    @property
    def best(self) -> float:
        """The least proved gain."""
        return self.gains.best

    @property
    def tightness(self) -> float:
        """``observed / best``, at most 1; 1 where both are 0."""
        return self.observed / self.best if self.best else 1.0

    @property
    def vacuous(self) -> bool:
        """Whether deleting the layer has a certificate as good: the bound holds, but says nothing."""
        return self.best > 0 and self.best >= self.full.best

    def __str__(self) -> str:
        """The interval in which the true gain lies."""
        note = ", vacuous" if self.vacuous else ""
        return f"gain of the error in [{self.observed:.4g}, {self.best:.4g}] (tightness {self.tightness:.2f}{note})"
