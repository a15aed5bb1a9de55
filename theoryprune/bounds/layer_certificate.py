"""What is certified of one pruned layer, as a record."""

from __future__ import annotations

from dataclasses import dataclass

from theoryprune.bounds.effort import Effort
from theoryprune.bounds.fold import Indices
from theoryprune.bounds.gain_bounds import GainBounds
from theoryprune.bounds.rounding import Floats

ARITHMETIC = "real, weights as given"


@dataclass(frozen=True, eq=False)
class LayerCertificate:
    """``||err(x)|| <= best ||x~||`` for every x, with ``x~ = (x, tau)`` if there are biases and x if not.

    Parameters
    ----------
    gains : GainBounds
        Of that form.
    separate, constant : GainBounds or None
        With biases also ``||err(x)|| <= separate.best ||x|| + tau constant.best``.
    full : GainBounds
        The same for the whole layer with nothing kept: what is lost by deleting it.
    witness, observed : ndarray, shape (d,), float
        An input, and a proved lower bound of ``||err|| / ||x~||`` there.
    full_witness, full_observed : ndarray, shape (d,), float
        An input, and a proved lower bound of ``||V phi(W x~)|| / ||x~||`` there.
    radius, error : float or None
        For inputs with ``||x|| <= radius``: ``||err(x)|| <= error``.
    error_witness, error_observed : ndarray, shape (d,), or None, float or None
        An input of that ball, and a proved lower bound of the error there.
    assignment, multipliers : ndarray, shape (n,)
        The fold that the residuals refer to.
    nonnegative : bool
        Whether only x >= 0 counts.
    tau : float or None
    effort : str
    digest : str
        SHA-256 of both layers.
    arithmetic : str
        What is compared: real arithmetic on the weights as given.
    seconds : float
    """

    gains: GainBounds
    separate: GainBounds | None
    constant: GainBounds | None
    full: GainBounds
    witness: Floats
    observed: float
    full_witness: Floats
    full_observed: float
    radius: float | None
    error: float | None
    error_witness: Floats | None
    error_observed: float | None
    assignment: Indices
    multipliers: Floats
    nonnegative: bool
    tau: float | None
    effort: Effort
    digest: str
    arithmetic: str
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
