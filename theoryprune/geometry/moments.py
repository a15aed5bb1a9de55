"""Mean and variance of what a rectifier makes of a Gaussian channel."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from theoryprune.geometry.arguments import Floats, as_vector
from theoryprune.geometry.bivariate import normal_density


def rectified_moments(location: ArrayLike, spread: ArrayLike) -> tuple[Floats, Floats]:
    """Return mean and variance of ``relu(z)``, z ~ N(location, spread^2), for each of k channels.

    Parameters
    ----------
    location : array_like, shape (k,)
        The beta of a batch normalisation.
    spread : array_like, shape (k,)
        Its gamma, of any sign; 0 is a constant.

    Returns
    -------
    mean, variance : ndarray, shape (k,)

    Raises
    ------
    ValueError
        If one is not finite, or they are not of one length.

    Notes
    -----
    ``beta Phi(t) + |gamma| phi(t)`` with ``t = beta / |gamma|``; the variance is
    ``gamma^2 (Phi + t^2 Phi (1 - Phi) + t phi (1 - 2 Phi) - phi^2)``, which does not cancel for large t as the
    difference of the moments does. That such an input is Gaussian with these moments is an approximation.

    Examples
    --------
    >>> mean, variance = rectified_moments([0.0], [1.0])
    >>> float(mean[0]), float(variance[0])
    (0.3989422804014327, 0.3408450569081046)
    """
    beta = as_vector(location, np.size(location), "location")
    gamma = np.abs(as_vector(spread, len(beta), "spread"))
    constant = gamma == 0
    with np.errstate(over="ignore"):
        # Beyond 50 standard deviations, float64 knows no difference.
        t = np.clip(beta / np.where(constant, 1, gamma), -50, 50)
    positive, density = ndtr(t), normal_density(t)
    mean = np.where(constant, np.maximum(beta, 0), beta * positive + gamma * density)
    share = positive + t * t * positive * ndtr(-t) + t * density * (1 - 2 * positive) - density**2
    return np.maximum(mean, 0), np.where(constant, 0, gamma**2 * np.maximum(share, 0))
