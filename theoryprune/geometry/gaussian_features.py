"""Linear features of a Gaussian input, as Gaussians: their means, and rows whose products are their covariances."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import eigh

from theoryprune.geometry.arguments import Floats, as_points, as_vector

_TOLERANCE = 1e-12


def gaussian_features(
    rows: ArrayLike, bias: ArrayLike | None, mean: ArrayLike | None, covariance: ArrayLike | None
) -> tuple[Floats, Floats]:
    """Return ``(V, m)`` such that ``W x + b`` has the covariance ``V V^T`` and the mean m, for x ~ N(mean, covariance).

    Raises
    ------
    ValueError
        If an argument is not of the kind that `gaussian_gram` takes.
    """
    matrix = as_points(rows, "rows")
    n, d = matrix.shape
    means = np.zeros(n) if bias is None else as_vector(bias, n, "bias").copy()
    if mean is not None:
        means += matrix @ as_vector(mean, d, "mean")
    if covariance is None:
        return matrix, means
    if np.ndim(covariance) == 1:
        variances = as_vector(covariance, d, "covariance")
        if variances.min() < 0:
            raise ValueError(f"covariance must have a diagonal that is not negative, got {variances.min():.6g}")
        return matrix * np.sqrt(variances), means
    return matrix @ covariance_root(covariance, d), means


def covariance_root(covariance: ArrayLike, dimension: int) -> Floats:
    """Return L, shape (d, d), with ``L L^T`` the covariance.

    Raises
    ------
    ValueError
        If it is not symmetric, or has an eigenvalue below 0, by more than 1e-12 of the largest entry or eigenvalue.

    Notes
    -----
    By eigenvectors, since a Cholesky decomposition needs full rank. Cost O(d^3).
    """
    matrix = as_points(covariance, "covariance")
    if matrix.shape != (dimension, dimension):
        raise ValueError(f"covariance must have shape ({dimension}, {dimension}) or ({dimension},), got {matrix.shape}")
    if np.abs(matrix - matrix.T).max() > _TOLERANCE * np.abs(matrix).max():
        raise ValueError("covariance must be symmetric; average it with its transpose if rounding made it otherwise")
    values, vectors = eigh(matrix, check_finite=False)
    if values[0] < -_TOLERANCE * max(values[-1], 0.0):
        raise ValueError(f"covariance must be positive semidefinite, got an eigenvalue {values[0]:.6g}")
    root: Floats = vectors * np.sqrt(np.maximum(values, 0))
    return root
