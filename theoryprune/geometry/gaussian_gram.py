"""Gram matrices of rectified features when the input is any Gaussian: exactly, or matched in second moments."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from theoryprune.geometry.arguments import Floats
from theoryprune.geometry.bivariate import rectified_mean, rectified_product, rectified_square
from theoryprune.geometry.gaussian_features import gaussian_features
from theoryprune.geometry.gram import arc_cosine_gram, as_slope, scaled_by
from theoryprune.geometry.unit_vectors import unit_vectors

_CONSTANT = 1e-20
_BLOCK = 128


def gaussian_gram(
    rows: ArrayLike,
    bias: ArrayLike | None = None,
    mean: ArrayLike | None = None,
    covariance: ArrayLike | None = None,
    slope: float = 0.0,
) -> Floats:
    """Return ``E[phi(u_i) phi(u_j)]`` for ``u = W x + b``, x ~ N(mean, covariance) and a rectifier phi.

    Parameters
    ----------
    rows : array_like, shape (n, d)
        W.
    bias : array_like, shape (n,), optional
        b; 0 by default.
    mean : array_like, shape (d,), optional
        0 by default.
    covariance : array_like, shape (d, d) or (d,), optional
        Symmetric and positive semidefinite; a vector is its diagonal. The identity by default.
    slope : float
        As for `arc_cosine_gram`.

    Returns
    -------
    ndarray, shape (n, n)
        Symmetric, positive semidefinite up to rounding.

    Raises
    ------
    ValueError
        If an argument is not of this kind, or an entry of the result exceeds float64.

    Notes
    -----
    Each pair ``(u_i, u_j)`` is a Gaussian in the plane, and its rectified product has a closed form
    (`theoryprune.geometry.bivariate`). The leaky one follows from ``phi(t) = slope t + (1 - slope) relu(t)`` and
    ``E[u_i relu(u_j)] = m_i E[relu(u_j)] + cov(u_i, u_j) P(u_j > 0)``. If no ``u_i`` has a mean, it is
    `arc_cosine_gram` of whitened rows. Cost O(n^2 d), and for each pair two values of Owen's T function.

    Examples
    --------
    >>> gaussian_gram([[1.0], [1.0]], bias=[0, 1]).round(3).tolist()
    [[0.5, 0.899], [0.899, 1.925]]
    """
    slope = as_slope(slope)
    directions, means = gaussian_features(rows, bias, mean, covariance)
    if not means.any():
        return arc_cosine_gram(directions, slope)
    units, spreads = unit_vectors(directions)
    constant = spreads <= _CONSTANT * np.abs(means)
    spreads = np.where(constant, 1, spreads)
    shifts = np.where(constant, 0, means) / spreads
    gram = scaled_by(_unit_gram(shifts, units, slope), spreads)
    if constant.any():
        # A feature that is constant to the last digit comes out of the mean of a product.
        products = scaled_by(np.ones_like(gram), _first_moments(directions, means, slope))
        gram = np.where(constant[:, None] | constant, products, gram)
    return gram


def gaussian_means(
    rows: ArrayLike,
    bias: ArrayLike | None = None,
    mean: ArrayLike | None = None,
    covariance: ArrayLike | None = None,
    slope: float = 0.0,
) -> Floats:
    """Return ``E[phi(u_i)]``, shape (n,), under the assumptions of `gaussian_gram`.

    Raises
    ------
    ValueError
        If an argument is not of the kind that `gaussian_gram` takes.
    """
    slope = as_slope(slope)
    return _first_moments(*gaussian_features(rows, bias, mean, covariance), slope)


def second_moment_gram(
    rows: ArrayLike,
    bias: ArrayLike | None = None,
    mean: ArrayLike | None = None,
    covariance: ArrayLike | None = None,
    slope: float = 0.0,
) -> Floats:
    """Approximate `gaussian_gram`, with the same arguments: as if ``(x, 1)`` were a centred Gaussian.

    Returns
    -------
    ndarray, shape (n, n)
        `arc_cosine_gram` of the rows ``(w_i, b_i) M^(1/2)``, where M holds the second moments of ``(x, 1)``.

    Raises
    ------
    ValueError
        If an argument is not of the kind that `gaussian_gram` takes.

    Notes
    -----
    Exact without means; otherwise an approximation without a bound, which costs O(n^2 d) and no special function.
    ``E[u_i u_j]`` is exact, so it is exact for ``slope=1`` too.
    """
    directions, means = gaussian_features(rows, bias, mean, covariance)
    return arc_cosine_gram(np.column_stack([directions, means]), slope)


def _unit_gram(shifts: Floats, units: Floats, slope: float) -> Floats:
    """Return the Gram matrix of features of standard deviation 1; blocks of rows, for memory."""
    gram = np.empty((len(shifts), len(shifts)))
    for first in range(0, len(shifts), _BLOCK):
        block, rest = slice(first, first + _BLOCK), slice(first, None)
        a, b, rho = shifts[block, None], shifts[None, rest], np.clip(units[block] @ units[rest].T, -1, 1)
        part = (1 - slope) ** 2 * rectified_product(a, b, rho)
        if slope:
            mixed = a * rectified_mean(b) + rho * ndtr(b) + b * rectified_mean(a) + rho * ndtr(a)
            part += slope**2 * (a * b + rho) + slope * (1 - slope) * mixed
        gram[block, rest] = part
        gram[rest, block] = part.T
    np.fill_diagonal(gram, rectified_square(shifts) + slope**2 * rectified_square(-shifts))
    return gram


def _first_moments(directions: Floats, means: Floats, slope: float) -> Floats:
    spreads = unit_vectors(directions)[1]
    constant = spreads <= _CONSTANT * np.abs(means)
    shifts = np.where(constant, 0, means) / np.where(constant, 1, spreads)
    varying = spreads * (rectified_mean(shifts) - slope * rectified_mean(-shifts))
    return np.where(constant, np.where(means > 0, means, slope * means), varying)
