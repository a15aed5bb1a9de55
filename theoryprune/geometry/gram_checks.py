"""The checkers of Gram matrices, and of the best fit by some of the features."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import eigvalsh

from theoryprune.geometry.arguments import Floats, as_choice, as_points, as_positive
from theoryprune.geometry.verdict import Verdict, confirmed, refuted


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


def is_gram(gram: ArrayLike, tol: float = 1e-12) -> Verdict:
    """Check that a matrix is symmetric and positive semidefinite, up to `tol` times its trace.

    Parameters
    ----------
    gram : array_like, shape (n, n)
    tol : float
        Nothing below ``-tol * trace`` is an eigenvalue, and no two entries that should be equal differ by more.

    Returns
    -------
    Verdict
        Its value is the least eigenvalue.

    Raises
    ------
    ValueError
        If it is not a finite matrix.

    Notes
    -----
    By its eigenvalues: cost O(n^3).
    """
    matrix, tol = as_points(gram, "gram"), as_positive(tol, "tol")
    if matrix.shape[0] != matrix.shape[1]:
        return refuted(f"a matrix of shape {matrix.shape} is not square")
    slack = tol * float(np.trace(matrix))
    if slack < 0:
        return refuted("the trace is negative")
    if (apart := float(np.abs(matrix - matrix.T).max())) > slack:
        return refuted(f"two entries that should be equal differ by {apart:.3g}, more than {slack:.3g}")
    least = float(eigvalsh(matrix, subset_by_index=(0, 0), check_finite=False)[0])
    if not least >= -slack:
        return refuted(f"an eigenvalue is {least:.3g}, below {-slack:.3g}", least)
    return confirmed(f"no eigenvalue is below {-slack:.3g}", least)


def is_best_fit(
    gram: ArrayLike, targets: ArrayLike, indices: ArrayLike, weights: ArrayLike, ridge: float = 0.0, tol: float = 1e-10
) -> Verdict:
    """Check that weights of the kept features satisfy the normal equations of `best_fit`.

    Parameters
    ----------
    gram, targets, indices
        As for `best_fit`.
    weights : array_like, shape (p, k)
        ``best_fit(...).weights``.
    ridge : float
        ``best_fit(...).ridge``, in the units of K.
    tol : float
        Largest error of an equation, relative to the largest sum of absolute values in its row.

    Returns
    -------
    Verdict
        Whether ``U (K[S, S] + ridge I) = V K[:, S]``, S the kept features; its value is the largest relative error.

    Raises
    ------
    ValueError
        If one of the first three is not what `best_fit` takes.
    """
    matrix, tol = as_gram(gram), as_positive(tol, "tol")
    kept, values = as_choice(indices, len(matrix)), as_targets(targets, len(matrix))
    found = np.asarray(weights, dtype=np.float64)
    if found.shape != (len(values), len(kept)) or not np.isfinite(found).all():
        return refuted(f"the weights are no finite matrix of shape {(len(values), len(kept))}")
    inner = matrix[np.ix_(kept, kept)] + ridge * np.eye(len(kept))
    right = values @ matrix[:, kept]
    size = (np.abs(found) @ np.abs(inner) + np.abs(values) @ np.abs(matrix[:, kept])).max(axis=1)
    off = np.abs(found @ inner - right).max(axis=1)
    worst = float((off / np.where(size > 0, size, 1)).max())
    if not worst <= tol:
        return refuted(f"an equation is off by {worst:.3g}, more than {tol:.3g}", worst)
    return confirmed(f"all equations hold within {tol:.3g}", worst)
