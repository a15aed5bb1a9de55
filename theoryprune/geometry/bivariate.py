"""Means of rectified Gaussians: of one, and of the product of two that are correlated."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, owens_t

from theoryprune.geometry.arguments import Floats

_ALIGNED = 1e-14
"""Below this value of 1 - rho^2, Taylor's formula at rho = 1 or -1 is used; its error is of the order of 1e-21."""


def normal_density(t: Floats) -> Floats:
    """Return the density of the standard normal distribution."""
    with np.errstate(under="ignore"):
        density: Floats = np.exp(-t * t / 2) / np.sqrt(2 * np.pi)
    return density


def rectified_mean(a: Floats) -> Floats:
    """Return ``E[(a + z)_+] = a Phi(a) + phi(a)`` for a standard normal z."""
    return np.asarray(np.maximum(a * ndtr(a) + normal_density(a), 0))


def rectified_square(a: Floats) -> Floats:
    """Return ``E[(a + z)_+^2] = (a^2 + 1) Phi(a) + a phi(a)`` for a standard normal z."""
    return np.asarray(np.maximum((a * a + 1) * ndtr(a) + a * normal_density(a), 0))


def rectified_product(a: Floats, b: Floats, rho: Floats) -> Floats:
    """Return ``E[(a + y)_+ (b + z)_+]`` for standard normal y and z of correlation rho.

    Parameters
    ----------
    a, b : ndarray
        At most about 1e20 in size.
    rho : ndarray
        In [-1, 1]; the three are broadcast.

    Returns
    -------
    ndarray
        With an error of a few units in the last place of ``(1 + |a|) (1 + |b|)``.

    Notes
    -----
    Integration by parts gives, with ``q = sqrt(1 - rho^2)``, ``s = (a - rho b) / q`` and ``t = (b - rho a) / q``,

        (a b + rho) Phi2 + a phi(b) Phi(s) + b phi(a) Phi(t) + q exp(-(a^2 + t^2) / 2) / (2 pi),

    where Phi2 is the probability that both are positive: ``(Phi(a) + Phi(b)) / 2 - T(a, t / a) - T(b, s / b)``, less
    1 / 2 if a and b have opposite signs, with Owen's T function (Owen 1956). The derivative by rho is Phi2, so rounding
    of rho is not amplified. Never more than the Cauchy-Schwarz inequality allows.
    """
    a, b, rho = np.broadcast_arrays(_not_zero(a), _not_zero(b), rho)
    aligned = (1 - rho) * (1 + rho) < _ALIGNED
    result = np.empty(a.shape)
    result[~aligned] = _general(a[~aligned], b[~aligned], rho[~aligned])
    result[aligned] = _aligned(a[aligned], b[aligned], rho[aligned])
    limit = np.sqrt(rectified_square(a)) * np.sqrt(rectified_square(b))
    return np.asarray(np.clip(result, 0, limit))


def _general(a: Floats, b: Floats, rho: Floats) -> Floats:
    q = np.sqrt((1 - rho) * (1 + rho))
    s, t = _minus(a, b, rho) / q, _minus(b, a, rho) / q
    with np.errstate(over="ignore", under="ignore"):
        both = (ndtr(a) + ndtr(b)) / 2 - owens_t(a, t / a) - owens_t(b, s / b)
        both -= ((a < 0) != (b < 0)) / 2  # by the signs: a product might underflow
        last = q * np.exp(-(a * a + t * t) / 2) / (2 * np.pi)
        sides = a * normal_density(b) * ndtr(s) + b * normal_density(a) * ndtr(t)
        found: Floats = (a * b + rho) * both + sides + last
    return found


def _not_zero(a: Floats) -> Floats:
    """Put the nearest number of size 1e-200 for what is smaller: Owen's formula divides by it."""
    return np.where(np.abs(a) < 1e-200, np.copysign(1e-200, a), a)


def _minus(a: Floats, b: Floats, rho: Floats) -> Floats:
    """Return ``a - rho b`` without cancellation where rho is near 1 or -1: it is divided by q."""
    found: Floats = np.where(rho >= 0, (a - b) + (1 - rho) * b, (a + b) - (1 + rho) * b)
    return found


def _aligned(a: Floats, b: Floats, rho: Floats) -> Floats:
    """Return the product for y = z or y = -z, and the first term of Taylor's formula."""
    low = np.minimum(a, b)
    same = (a * b + 1) * ndtr(low) + np.maximum(a, b) * normal_density(low) - (1 - rho) * ndtr(low)
    width = np.maximum(ndtr(b) - ndtr(-a), 0)
    opposite = (a * b - 1) * width + b * normal_density(a) + a * normal_density(b) + (1 + rho) * width
    return np.where(rho > 0, same, np.where(a + b > 0, opposite, 0))
