"""Arc-cosine kernels: the Gram matrix of rectified features when the input is a centred Gaussian."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.geometry.arguments import Floats, as_points
from theoryprune.geometry.unit_vectors import unit_vectors


def arc_cosine_gram(rows: ArrayLike, slope: float = 0.0) -> Floats:
    """Return ``E[phi(w_i . x) phi(w_j . x)]`` for x ~ N(0, I) and a rectifier phi.

    Parameters
    ----------
    rows : array_like, shape (n, d)
        w_i. For inputs of another covariance ``L L^T``, pass ``rows @ L`` (or see `gaussian_gram`).
    slope : float
        phi(t) = t for t > 0 and ``slope * t`` for t < 0: ReLU by default, leaky ReLU, the identity (1), the absolute
        value (-1).

    Returns
    -------
    ndarray, shape (n, n)
        Symmetric, positive semidefinite up to rounding. A row of zeros gives zeros.

    Raises
    ------
    ValueError
        If a row or the slope is not finite, or an entry of the result exceeds float64.

    Notes
    -----
    With ``c = cos t`` of the angle t between two rows, ReLU has ``|w_i| |w_j| (sin t + (pi - t) c) / (2 pi)`` (Cho and
    Saul, NIPS 2009) and the leaky one ``(1 - slope)^2`` times that plus ``slope w_i . w_j``, since
    ``phi(t) = slope t + (1 - slope) relu(t)`` and ``E[(w_i . x) relu(w_j . x)] = w_i . w_j / 2``. The derivative by c
    is at most ``|w_i| |w_j| / 2``, so that an error of the cosine is not amplified, even where that of the angle is.
    The diagonal is ``(1 + slope^2) |w_i|^2 / 2``. Cost O(n^2 d).

    Examples
    --------
    >>> arc_cosine_gram([[1, 0], [-2, 0]], slope=0).tolist()
    [[0.5, 0.0], [0.0, 2.0]]
    """
    matrix, slope = as_points(rows, "rows"), as_slope(slope)
    units, norms = unit_vectors(matrix)
    cosines = np.clip(units @ units.T, -1, 1)
    gram = np.sqrt((1 - cosines) * (1 + cosines))
    gram += (np.pi - np.arccos(cosines)) * cosines
    gram *= (1 - slope) ** 2 / (2 * np.pi)
    gram += slope * cosines
    np.fill_diagonal(gram, np.where(norms > 0, (1 + slope**2) / 2, 0))
    return scaled_by(gram, norms)


def arc_cosine_means(rows: ArrayLike, slope: float = 0.0) -> Floats:
    """Return ``E[phi(w_i . x)] = (1 - slope) |w_i| / sqrt(2 pi)``, shape (n,), for inputs as in `arc_cosine_gram`.

    Raises
    ------
    ValueError
        If a row or the slope is not finite.
    """
    matrix, slope = as_points(rows, "rows"), as_slope(slope)
    means: Floats = (1 - slope) / np.sqrt(2 * np.pi) * unit_vectors(matrix)[1]
    return means


def as_slope(slope: float) -> float:
    """Return a finite slope.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    if not -np.inf < slope < np.inf:
        raise ValueError(f"slope must be finite, got {slope}")
    return float(slope)


def scaled_by(gram: Floats, scales: Floats) -> Floats:
    """Multiply row i and column i by the i-th scale, and make the matrix symmetric to the last digit.

    Raises
    ------
    ValueError
        If an entry is too large for float64.
    """
    with np.errstate(over="ignore"):
        gram *= scales[:, None]
        gram *= scales
    if not np.isfinite(gram).all():
        raise ValueError(
            f"the Gram matrix is beyond float64 for rows of length {scales.max():.3g}; divide them by that"
        )
    return (gram + gram.T) / 2
