"""Whether a reduction keeps what it should: recomputed from the input, by sums rounded once."""

from __future__ import annotations

from math import frexp, fsum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import qr, solve_triangular, svdvals

from theoryprune.geometry.arguments import Floats, as_points, as_weights
from theoryprune.geometry.eliminate import numerical_rank
from theoryprune.geometry.groups import unit_rows

_EXACT = 10**5  # rows up to which sums are rounded only once


def is_convex_reduction(
    points: ArrayLike,
    weights: ArrayLike | None,
    indices: ArrayLike,
    new_weights: ArrayLike,
    tol: float = 1e-10,
    strict: bool = True,
) -> bool:
    """Return whether few of the points, with new weights, have the same weighted sum and total weight.

    Parameters
    ----------
    points : array_like, shape (n, d)
    weights : array_like, shape (n,), or None
        As given to `caratheodory`; None for 1 each.
    indices : array_like of int, shape (s,)
    new_weights : array_like, shape (s,)
        What it returned.
    tol : float
        Largest error of a sum, relative to the sum of absolute values ``weights @ abs(points)`` in that coordinate,
        and of the total weight relative to itself.
    strict : bool
        Ask for ``s <= rank([points, 1])``, and not only for ``s <= d + 1``: the numerical rank of the points of
        positive weight, with ``weights @ abs(points)`` for the unit in every coordinate, and rows of length 1.

    Returns
    -------
    bool
        Also False if an index is repeated or out of range, a new weight is not positive and finite, or the two are not
        of one length.

    Raises
    ------
    ValueError
        If the points or the weights are not of this kind.

    Notes
    -----
    Up to 100000 points the sums of the products are those of exact addition (`math.fsum`); beyond, pairwise within
    blocks of that many, and exact between them. Cost O(n d).

    Examples
    --------
    >>> is_convex_reduction([[0], [1], [2]], None, [0, 2], [1.5, 1.5])
    True
    >>> is_convex_reduction([[0], [1], [2]], None, [0, 2], [1.5, 1.5001])
    False
    """
    matrix = as_points(points)
    given = np.ones(len(matrix)) if weights is None else as_weights(weights, len(matrix))
    chosen, found = np.asarray(indices), np.asarray(new_weights)
    if not _is_subset(chosen, found, len(matrix)):
        return False
    exponent = frexp(float(given.sum()))[1]
    given, found = np.ldexp(given, -exponent), np.ldexp(found, -exponent)
    mass = _total(given)
    if not abs(_total(found) - mass) <= tol * mass:
        return False
    for column in matrix.T:
        scaled = column / (np.abs(column).max() or 1)
        off = fsum((_total(found * scaled[chosen]), -_total(given * scaled)))
        if not abs(off) <= tol * _total(given * np.abs(scaled)):
            return False
    if not strict:
        return bool(len(chosen) <= matrix.shape[1] + 1)
    # Affinely independent points are never more than the rank; only for others the rank of all is needed.
    return _rank(matrix[chosen], found) == len(chosen) or len(chosen) <= _rank(matrix, given)


def is_design_reduction(points: ArrayLike, weights: ArrayLike, new_weights: ArrayLike, tol: float = 1e-10) -> bool:
    """Return whether new weights on few of the points have the same moment matrix and no larger sum.

    Parameters
    ----------
    points : array_like, shape (n, d)
    weights : array_like, shape (n,)
        As given to `reduce_design`.
    new_weights : array_like, shape (n,)
        ``reduce_design(points, weights).weights``.
    tol : float
        Largest relative error of ``x^T A x`` in any direction, and of the sum that must not be exceeded. For the former
        it is raised to ``100 cond 2**-53``, with the condition number of the points times the root of their weights:
        float64 says no more.

    Returns
    -------
    bool
        True if no weight is negative or appears where there was none, at most ``r (r + 1) / 2`` are positive, with the
        rank r, the sum has not grown, and the moment matrix is the same.

    Raises
    ------
    ValueError
        If the points or the weights are not of this kind.

    Notes
    -----
    By a QR decomposition with column pivoting, where `reduce_design` uses a singular value decomposition. Cost
    O(n d^2).
    """
    matrix = as_points(points)
    given = as_weights(weights, len(matrix))
    found = np.asarray(new_weights, dtype=np.float64)
    if found.shape != given.shape or not np.isfinite(found).all() or found.min() < 0 or (found[given == 0] > 0).any():
        return False
    if fsum(found.tolist()) > (1 + tol) * fsum(given.tolist()):
        return False
    scaled = matrix / (np.abs(matrix).max() or 1)
    r, pivots = qr(np.sqrt(given)[:, None] * scaled, mode="r", pivoting=True, check_finite=False)
    diagonal = np.abs(np.diag(r))
    rank = int((diagonal > max(matrix.shape) * 2.0**-52 * diagonal[0]).sum())
    if rank == 0:
        return not found.any()
    if (found > 0).sum() > rank * (rank + 1) // 2:
        return False
    # The first coordinates in the order of the pivots determine the others of every point.
    rows = np.sqrt(found)[:, None] * scaled[:, pivots[:rank]]
    factor = r[:rank, :rank]
    singular = svdvals(solve_triangular(factor, rows.T, trans="T", check_finite=False), check_finite=False)
    allowed = max(tol, 100 * 2.0**-53 * float(np.linalg.cond(factor)))
    return bool(len(singular) == rank and np.abs(singular**2 - 1).max() <= allowed)


def _is_subset(indices: NDArray[np.generic], weights: NDArray[np.generic], count: int) -> bool:
    """Return whether these are distinct indices below `count`, each with a positive weight."""
    if indices.dtype.kind not in "iu" or weights.dtype.kind not in "iuf" or indices.ndim != 1:
        return False
    if indices.shape != weights.shape or not len(indices) or len(np.unique(indices)) < len(indices):
        return False
    return bool(indices.min() >= 0 and indices.max() < count and np.isfinite(weights).all() and weights.min() > 0)


def _rank(points: Floats, weights: Floats) -> int:
    return numerical_rank(unit_rows(weights[:, None] * points, weights)[0])


def _total(terms: Floats) -> float:
    if len(terms) <= _EXACT:
        return fsum(terms.tolist())
    return fsum(float(terms[i : i + _EXACT].sum()) for i in range(0, len(terms), _EXACT))
