"""The kernel of Carathéodory's theorem: weights move along null vectors until few are left."""

from __future__ import annotations

import numpy as np
from scipy.linalg import qr, solve_triangular, svdvals
from scipy.linalg.blas import dger, dtrsm
from scipy.linalg.lapack import dgetrf

from theoryprune.geometry.arguments import Floats, Indices

_ZERO, _NOTHING = 1e-300, 1e-250
"""What stands for a weight of 0, so that one can divide by it; and up to where a weight is taken for 0 in the end."""

_SMALL = 1e-6
"""Pivots below this are looked at more closely; rows have about unit length."""


def eliminate(rows: Floats, weights: Floats, cost: Floats | None = None) -> tuple[Indices, Floats]:
    """Write a conic combination of many rows as one of at most as many rows as there are columns.

    Parameters
    ----------
    rows : ndarray, shape (k, c)
        Of any rank. Columns of similar magnitude make the result more accurate.
    weights : ndarray, shape (k,)
        Not negative, of a sum about 1: what is below 1e-250 is dropped.
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
    order = list(range(k))
    for i, other in enumerate(swaps.tolist()):
        order[i], order[other] = order[other], order[i]
    table = dtrsm(1.0, lu[:c], lu[c:].T, lower=1, trans_a=1, diag=1).T
    return _remove(table, np.array(order), weights, cost)


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
    basis, outside = order[:c].copy(), weights[order[c:]].tolist()
    inside, ratio, gain = np.maximum(weights[basis], _ZERO), np.empty(c), 0.0
    prices = None if cost is None else cost[basis]
    with np.errstate(over="ignore"):  # a ratio to what stands for 0 may be infinite
        for j in range(count - 1, -1, -1):
            t = table[j]
            if prices is not None and cost is not None:
                # What the cost falls by for each unit of weight that row j loses.
                gain = float(cost[order[c + j]] - t @ prices)
            np.divide(t, inside, out=ratio)
            i, step = _step(t, ratio, outside[j], gain)
            inside += step * t
            np.maximum(inside, _ZERO, out=inside)
            if i < 0:
                continue
            inside[i], basis[i] = outside[j] - step, order[c + j]
            if prices is not None and cost is not None:
                prices[i] = cost[order[c + j]]
            if j:
                column = table[:j, i] / t[i]
                dger(-1.0, t, column, a=table[:j].T, overwrite_a=1)  # in place: the transpose is in Fortran's order
                table[:j, i] = column
    return _positive(basis, inside)


def _step(t: Floats, ratio: Floats, weight: float, gain: float) -> tuple[int, float]:
    """Return the place in the basis that falls to 0 (-1 for none), and how much weight the row loses: it may gain."""
    low = int(ratio.argmin())
    if gain >= 0 and ratio.item(low) * weight >= -1:
        return -1, weight
    high = int(ratio.argmax())
    if -t[low] < _SMALL or t[high] < _SMALL:
        # What rounding left of a 0 is no pivot.
        ratio = np.where(np.abs(t) > 1e-14 * np.abs(t).max(), ratio, 0)
        low, high = int(ratio.argmin()), int(ratio.argmax())
        if gain >= 0 and ratio[low] * weight >= -1:
            return -1, weight
    if ratio[high] > 0 and (gain < 0 or (gain == 0 and t[high] > -t[low])):
        return high, -1 / float(ratio[high])
    return (low, -1 / float(ratio[low])) if ratio[low] * weight < -1 else (-1, weight)


def _positive(indices: Indices, weights: Floats) -> tuple[Indices, Floats]:
    kept = weights > _NOTHING
    return indices[kept], weights[kept]
