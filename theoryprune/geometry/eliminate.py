"""The kernel of Carathéodory's theorem: weights move along null vectors, many at once, until few are left."""

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
    ``N = T B`` with ``T = L2 L1^-1``. That holds for any rank, since L1 is always invertible. For the row ``t B`` the
    null vector is ``(t, -1)``. The weights of all other rows move to the basis at once, along the sum of their null
    vectors, until they are 0, or until one in the basis is. Then the row with the largest pivot takes that place, the
    others become combinations of the new basis, T changes by a matrix of rank one, and the rest moves on. With a cost
    only rows whose loss does not raise it move; where there is none, one grows until another is 0. Each exchange is
    one row less, so there are at most k - c, and mostly far fewer: the rows that are left at the end go together. Cost
    O(k c) for each exchange, O(k c^2) for the decomposition.
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
    c = table.shape[1]
    basis, others = order[:c].copy(), order[c:].copy()
    inside, outside = np.maximum(weights[basis], _ZERO), weights[others]
    with np.errstate(over="ignore"):  # a ratio to what stands for 0 may be infinite
        while len(others):
            falling, slowest = np.maximum(outside, _ZERO), 1.0
            if cost is not None:
                falling, slowest = _cheaper(cost[others] - table @ cost[basis], falling)
            change = falling @ table
            out = int((rate := change / inside).argmin())
            if -rate.item(out) <= slowest:
                inside, stay = np.maximum(inside + change, _ZERO), falling == 0
                table, others, outside = table[stay], others[stay], outside[stay]
                continue
            enter = int(np.where(falling, np.sign(falling) * table[:, out], np.inf).argmin())
            if abs(table.item(enter, out)) < _SMALL and _clear_noise(table):
                continue
            step = -1 / rate.item(out)
            inside, outside = np.maximum(inside + step * change, _ZERO), outside - step * falling
            inside[out], basis[out] = outside[enter], others[enter]
            _exchange(table, out, enter)
            for moved in (table, others, outside):
                moved[enter] = moved[-1]
            table, others, outside = table[:-1], others[:-1], outside[:-1]
    return _positive(basis, inside)


def _cheaper(gains: Floats, outside: Floats) -> tuple[Floats, float]:
    """Return how fast the weight of each row falls where the cost does not grow, and how fast others fall that block.

    All rows whose loss lowers the cost are removed together. Where there are none, one row grows until another is 0:
    with positive costs a row whose loss raises them has a positive coefficient, so that there is one.
    """
    gladly = gains >= 0
    if gladly.any():
        return np.where(gladly, outside, 0.0), 1.0
    growing = np.zeros(len(gains))
    growing[gains.argmin()] = -1.0
    return growing, 0.0


def _clear_noise(table: Floats) -> bool:
    """Set to 0 what rounding left of zeros, for that is no pivot; return whether there was any."""
    noise = (np.abs(table) <= 1e-14 * np.abs(table).max(axis=1, keepdims=True)) & (table != 0)
    table[noise] = 0
    return bool(noise.any())


def _exchange(table: Floats, out: int, enter: int) -> None:
    """Write all rows with the row `enter` in the basis in the place of `out`; its own row is then spoilt."""
    row = table[enter].copy()
    column = table[:, out] / row[out]
    dger(-1.0, row, column, a=table.T, overwrite_a=1)  # in place: the transpose is in Fortran's order
    table[:, out] = column


def _positive(indices: Indices, weights: Floats) -> tuple[Indices, Floats]:
    kept = weights > _NOTHING
    return indices[kept], weights[kept]
