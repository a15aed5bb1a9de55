"""Whether what a certificate observed is so, whatever its layers are: the half of the checkers that they share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from theoryprune.bounds.claim import ARITHMETIC, Claim
from theoryprune.bounds.column_checks import long_norms
from theoryprune.bounds.rounding import Floats
from theoryprune.geometry import Verdict
from theoryprune.geometry.verdict import confirmed


def accepted(claim: Claim) -> Verdict:
    """Return that everything was found to be so."""
    return confirmed("every bound follows from its diagonal, every witness attains", claim.best)


def wrong_subject(claim: Claim, digest: str) -> str:
    """Return what is not so of the layers that a claim names, empty if nothing."""
    if digest != claim.digest:
        return "the hash is that of other weights"
    return "" if claim.arithmetic == ARITHMETIC else "the claim is about other arithmetic"


def wrong_observed(
    claim: Claim, gain_at: Callable[[Floats], float], full_gain_at: Callable[[Floats], float], tol: float
) -> str:
    """Return what is not so of the observed gains, empty if nothing.

    Parameters
    ----------
    claim : Claim
    gain_at, full_gain_at : callable
        The gain of the error, and of the layer with nothing kept, at an input again.
    tol : float
        Relative.
    """
    for name, point, observed, again, bounds in (
        ("", claim.witness, claim.observed, gain_at, claim.gains),
        ("nothing kept: ", claim.full_witness, claim.full_observed, full_gain_at, claim.full),
    ):
        if not 0 <= observed <= (0.0 if point is None else again(point)) * (1 + tol):
            return f"{name}the witness does not attain what is stated"
        if not observed <= bounds.best:
            return f"{name}an observed gain is above the proved one"
    points = (claim.witness, claim.full_witness, claim.error_witness)
    if claim.nonnegative and any((point < 0).any() for point in points if point is not None):
        return "a witness has negative entries"
    return ""


def wrong_ball(claim: Claim, proved: Callable[[float], float], error_at: Callable[[Floats], float], tol: float) -> str:
    """Return what is not so of the error on the ball, empty if nothing.

    Parameters
    ----------
    claim : Claim
    proved : callable
        What the stated gains prove on the ball of a radius.
    error_at : callable
        The norm of the error at an input again.
    tol : float
        Relative.
    """
    error, seen, far = claim.error, claim.error_observed, claim.error_witness
    if claim.radius is None:
        return "" if error is None and seen is None and far is None else "there is an error without a ball"
    if not 0 < claim.radius < np.inf:
        return "the radius is none"
    if error is None or seen is None:
        return "the error on the ball is missing"
    if not proved(claim.radius) <= error * (1 + tol):
        return "the error on the ball does not follow from the gains"
    if far is not None and not length_of(far) <= claim.radius:
        return "the witness of the error lies outside the ball"
    if not 0 <= seen <= min(0.0 if far is None else error_at(far) * (1 + tol), error):
        return "the witness of the error does not attain what is stated"
    return ""


def length_of(point: Floats) -> float:
    """Return the norm of all entries, in extended precision."""
    return float(long_norms(point.reshape(1, -1).astype(np.longdouble))[0])
