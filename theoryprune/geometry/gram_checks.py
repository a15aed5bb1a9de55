"""Whether a matrix is a Gram matrix, and a fit by some of its features the best one."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import eigvalsh

from theoryprune.geometry.arguments import Floats, Indices, as_points


def as_gram(gram: ArrayLike) -> Floats:
    """Return a symmetric matrix without a negative diagonal.

    Raises
    ------
    ValueError
        If it is not square, finite and symmetric up to 1e-12 of its largest entry, or a diagonal entry is negative.
    """
    matrix = as_points(gram, "gram")
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"gram must be square, got shape {matrix.shape}")
    if np.abs(matrix - matrix.T).max() > 1e-12 * np.abs(matrix).max():
        raise ValueError("gram must be symmetric; average it with its transpose if rounding made it otherwise")
    if np.diag(matrix).min() < 0:
        raise ValueError(f"gram must not have a negative diagonal, got {np.diag(matrix).min():.6g}")
    return matrix


def as_targets(targets: ArrayLike, count: int) -> Floats:
    """Return the targets as a matrix with one column for each feature.

    Raises
    ------
    ValueError
        If it has another shape or an entry is not finite.
    """
    values = as_points(targets, "targets")
    if values.shape[1] != count:
        raise ValueError(f"targets must have {count} columns, one for each feature, got shape {values.shape}")
    return values


def as_kept(kept: ArrayLike, count: int) -> Indices:
    """Return distinct indices below `count`.

    Raises
    ------
    ValueError
        If there is none, one is repeated or out of range, or they are not integers.
    """
    indices = np.asarray(kept)
    if indices.dtype.kind not in "iu" or indices.ndim != 1 or not len(indices):
        raise ValueError(f"kept must be a vector of at least one index, got {kept!r}")
    if indices.min() < 0 or indices.max() >= count or len(np.unique(indices)) < len(indices):
        raise ValueError(f"kept must be distinct indices in [0, {count}), got {kept!r}")
    return indices.astype(np.int64)


def is_gram(gram: ArrayLike, tol: float = 1e-12) -> bool:
    """Return whether a matrix is symmetric and positive semidefinite, up to `tol` times its trace.

    Parameters
    ----------
    gram : array_like, shape (n, n)
    tol : float
        Nothing below ``-tol * trace`` is an eigenvalue, and no two entries that should be equal differ by more.

    Raises
    ------
    ValueError
        If it is not a finite matrix.

    Notes
    -----
    By its eigenvalues: cost O(n^3).
    """
    matrix = as_points(gram, "gram")
    if matrix.shape[0] != matrix.shape[1]:
        return False
    slack = tol * float(np.trace(matrix))
    if slack < 0 or np.abs(matrix - matrix.T).max() > slack:
        return False
    return bool(eigvalsh(matrix, subset_by_index=(0, 0), check_finite=False)[0] >= -slack)


def is_best_fit(
    gram: ArrayLike, targets: ArrayLike, kept: ArrayLike, weights: ArrayLike, ridge: float = 0.0, tol: float = 1e-10
) -> bool:
    """Return whether weights of the kept features satisfy the normal equations of `best_fit`.

    Parameters
    ----------
    gram, targets, kept
        As for `best_fit`.
    weights : array_like, shape (p, k)
        ``best_fit(...).weights``.
    ridge : float
        ``best_fit(...).ridge``, in the units of K.
    tol : float
        Largest error of an equation, relative to the sums of absolute values in its row.

    Returns
    -------
    bool
        Whether ``U (K[kept, kept] + ridge I) = V K[:, kept]``.

    Raises
    ------
    ValueError
        If one of the first three is not what `best_fit` takes.
    """
    matrix = as_gram(gram)
    indices, values = as_kept(kept, len(matrix)), as_targets(targets, len(matrix))
    found = np.asarray(weights, dtype=np.float64)
    if found.shape != (len(values), len(indices)) or not np.isfinite(found).all():
        return False
    inner = matrix[np.ix_(indices, indices)] + ridge * np.eye(len(indices))
    right = values @ matrix[:, indices]
    size = (np.abs(found) @ np.abs(inner) + np.abs(values) @ np.abs(matrix[:, indices])).max(axis=1, keepdims=True)
    return bool((np.abs(found @ inner - right) <= tol * size).all())
