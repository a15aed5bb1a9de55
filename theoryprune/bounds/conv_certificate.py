"""What is certified of one pruned pair of convolutions, as a record."""

from __future__ import annotations

from dataclasses import dataclass

from theoryprune.bounds.effort import Effort
from theoryprune.bounds.fold import Indices
from theoryprune.bounds.gain_bounds import GainBounds
from theoryprune.bounds.rounding import Floats


@dataclass(frozen=True, eq=False)
class ConvCertificate:
    """``||err(x)|| <= best ||x|| + constant`` for every x of the given size.

    Parameters
    ----------
    gains : GainBounds
        Of the error without biases.
    of_biases : GainBounds or None
        With biases, of the map from a constant map of ones to the error.
    constant : float
        What biases and offsets add; 0 without.
    full : GainBounds
        The gains of the whole layer with nothing kept: what is lost by deleting it.
    witness, observed : ndarray, shape (ci, *size), or None, float
        An input, and a proved lower bound of ``||err|| / ||x||`` there, without biases: err has that gain far out in
        this direction. None and 0 if what stands between the maps is not known.
    full_witness, full_observed : ndarray, shape (ci, *size), or None, float
        The same for the layer with nothing kept: an input, and a proved lower bound of its gain there.
    radius, error : float or None
        For inputs with ``||x|| <= radius``: ``||err(x)|| <= error``, biases included.
    error_witness, error_observed : ndarray, shape (ci, *size), or None, float or None
        An input of that ball, and a proved lower bound of the error there.
    assignment, multipliers : ndarray, shape (n,)
        The fold that the residuals refer to.
    torus : tuple of int or None
        The frequencies at which `schur` is proved; None where the two maps have no torus in common.
    nonnegative : bool
        Whether only x >= 0 counts.
    effort : str
    digest : str
        SHA-256 of both layers and their geometry.
    arithmetic : str
        What is compared: real arithmetic on the weights as given.
    seconds : float
    """

    gains: GainBounds
    of_biases: GainBounds | None
    constant: float
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
    torus: tuple[int, ...] | None
    nonnegative: bool
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
