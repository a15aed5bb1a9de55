"""The kernel of Carathéodory's theorem: weights move along null vectors until few are left."""

from __future__ import annotations

import numpy as np
from scipy.linalg import qr, solve_triangular, svdvals
from scipy.linalg.blas import dger
from scipy.linalg.lapack import dgetrf

from theoryprune.geometry.arguments import Floats, Indices


def eliminate(rows: Floats, weights: Floats, cost: Floats | None = None) -> tuple[Indices, Floats]:
    """Write a conic combination of many rows as one of at most as many rows as there are columns.

    Parameters
    ----------
    rows : ndarray, shape (k, c)
        Of any rank. Columns of similar magnitude make the result more accurate.
    weights : ndarray, shape (k,)
        Not negative.
    cost : ndarray, shape (k,), optional
        Positive; if given, ``cost @ weights`` does not grow.

    Returns
    -------
    indices : ndarray of int64, shape (s,), s <= c
    weights : ndarray, shape (s,)
        Positive, and up to rounding ``rows[indices].T @ weights`` is what it was for the input.

    Notes
    -----
    An LU decomposition with row pivoting, ``[B; N] = [L1; L2] U``, chooses c rows B as a basis and gives the others as
    ``N = T B`` with ``T = L2 L1^-1``. That holds for any rank, since L1 is always invertible. Then the other rows are
    removed one by one. For the row ``t B`` the null vector is ``(t, -1)``: its weight moves to the basis until it is 0,
    or until one in the basis is, and then the row takes that place and T changes by a matrix of rank one. Both signs of
    the null vector are open (a cost may leave one); the one with the larger pivot is taken. Cost O(k^2 c).
    """
    k, c = rows.shape
    if k <= c:
        return _positive(np.arange(k), weights)
    lu, swaps, _ = dgetrf(rows)
    order = np.arange(k)
    for i, other in enumerate(swaps):
        order[[i, other]] = order[[other, i]]
    table = solve_triangular(lu[:c], lu[c:].T, trans="T", lower=True, unit_diagonal=True, check_finite=False).T
    return _remove(table, order, weights, cost)


def eliminate_dependent(rows: Floats, weights: Floats, cost: Floats | None = None) -> tuple[Indices, Floats]:
    """Do as `eliminate` until the rows that are left are linearly independent.

    Notes
    -----
    Numerically independent, by `numerical_rank` with a tolerance four times the default, so that one who asks again
    with the default finds no other answer. For few rows: cost O(k^3) for each round, and mostly there is one.
    """
    indices, weights_left = _positive(np.arange(len(rows)), weights)
    while len(indices) > (rank := numerical_rank(rows[indices], 4.0)):
        r, order = qr(rows[indices].T, mode="r", pivoting=True, check_finite=False)
        table = solve_triangular(r[:rank, :rank], r[:rank, rank:], check_finite=False).T
        kept, weights_left = _remove(table, order, weights_left, None if cost is None else cost[indices])
        indices = indices[kept]
    return indices, weights_left


def numerical_rank(rows: Floats, factor: float = 1.0) -> int:
    """Count the singular values above ``factor * max(k, c) * 2**-52`` times the largest."""
    s = svdvals(rows, check_finite=False)
    return int((s > factor * max(rows.shape) * 2.0**-52 * s[0]).sum())


def _remove(table: Floats, order: Indices, weights: Floats, cost: Floats | None) -> tuple[Indices, Floats]:
    """Remove the rows ``order[c:]``, which are `table` times the rows ``order[:c]``, or exchange them."""
    table = np.ascontiguousarray(table)
    count, c = table.shape
    basis, inside, outside = order[:c].copy(), weights[order[:c]], weights[order[c:]]
    prices = None if cost is None else cost[basis]
    for j in range(count - 1, -1, -1):
        t = table[j]
        # What the cost falls by for each unit of weight that row j loses.
        gain = 0.0 if prices is None or cost is None else float(cost[order[c + j]] - t @ prices)
        i, step = _step(t, inside, float(outside[j]), gain)
        inside = np.maximum(inside + step * t, 0)
        if i < 0:
            continue
        inside[i] = outside[j] - step
        basis[i] = order[c + j]
        if prices is not None and cost is not None:
            prices[i] = cost[order[c + j]]
        if j:
            column, row = table[:j, i] / t[i], t.copy()
            row[i] -= 1
            dger(-1.0, row, column, a=table[:j].T, overwrite_a=1)  # in place: the transpose is in Fortran's order
    return _positive(basis, inside)


def _step(t: Floats, inside: Floats, weight: float, gain: float) -> tuple[int, float]:
    """Return the place in the basis that falls to 0 (-1 for none), and how much weight the row loses: it may gain."""
    if gain >= 0 and (inside + weight * t).min() >= 0:
        return -1, weight
    negligible = 1e-14 * max(t.max(), -t.min())
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # a ratio by nearly 0 is not taken
        ratio = inside / t
    falling = np.where(t < -negligible, -ratio, np.inf)
    rising = np.where(t > negligible, ratio, np.inf)
    i, j = int(falling.argmin()), int(rising.argmin())
    if gain >= 0 and falling[i] >= weight:
        return -1, weight
    if gain <= 0 and rising[j] < np.inf and (gain < 0 or t[j] > -t[i]):
        return j, -float(rising[j])
    return (i, float(falling[i])) if falling[i] < weight else (-1, weight)


def _positive(indices: Indices, weights: Floats) -> tuple[Indices, Floats]:
    kept = weights > 0
    return indices[kept], weights[kept]
