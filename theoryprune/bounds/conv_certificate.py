"""What is certified of one pruned pair of convolutions, as a record."""

from __future__ import annotations

from dataclasses import dataclass

from theoryprune.bounds.claim import Claim
from theoryprune.bounds.gain_bounds import GainBounds


@dataclass(frozen=True, eq=False, kw_only=True)
class ConvCertificate(Claim):
    """``||err(x)|| <= best ||x|| + constant`` for every x of the given size.

    Parameters
    ----------
    of_biases : GainBounds or None
        With biases, the gains of the map from a constant map of ones to the error.
    constant : float
        What biases and offsets add; 0 without.
    torus : tuple of int or None
        The frequencies at which `schur` is proved; None where the two maps have no torus in common.
    **claim
        The other fields are those of `Claim`. Gains are those of the error without biases, which it has far out in
        the direction of a witness; witnesses have shape (ci, *size), and are None if what stands between the maps is
        not known.
    """

    of_biases: GainBounds | None
    constant: float
    torus: tuple[int, ...] | None
