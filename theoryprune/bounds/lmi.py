"""The matrix inequality behind the bound schur, proved by one Cholesky factorisation in float64."""

from __future__ import annotations

import numpy as np

from theoryprune.bounds.norms import is_positive_definite
from theoryprune.bounds.pair import Pair
from theoryprune.bounds.rounding import UNIT, Floats, exponents, norm_up


def is_sector_bound(pair: Pair, sector: Floats, square: float) -> bool:
    """Whether float64 proves ``sup ||A z||^2 <= square ||x||^2`` over ``z = S B x``.

    Parameters
    ----------
    pair : Pair
    sector : ndarray, shape (k,)
        T > 0.
    square : float
        The squared gain.

    Notes
    -----
    Every feasible z has ``(z_j - l_j B_j x)(B_j x - z_j) >= 0`` for the slopes l, so the bound holds if

        M = [[square I + B^T l T B, -B^T H T], [-H T B, T - A^T A]],   H = (1 + l) / 2,

    is positive semidefinite: subtract ``T_j`` times these from ``square ||x||^2 - ||A z||^2``. Units are scaled by
    powers of two so that T is nearly constant, and A and B to norm about 1, all of it exact; then ``M - delta I`` is
    factorised with

        delta = 2 (p + d + k + 4) u (tr M + ||A||_F^2 + ||(l T)^(1/2) B||_F^2 + (1 + max l) ||T B||_F),

    which covers the factorisation (S. Rump, BIT 2006) and the rounding of the entries. Cost (d + k)^3 / 3 + O(k d^2 +
    k^2 p).
    """
    if not (np.isfinite(sector).all() and (sector > 0).all() and 0 < square < np.inf):
        return False
    left, right, multipliers, bound = _scaled(pair, sector, square)
    (p, k), d, slopes = left.shape, right.shape[1], pair.slopes
    weighted = multipliers[:, None] * right
    matrix = np.empty((d + k, d + k))
    matrix[:d, :d] = right.T @ (slopes[:, None] * weighted) if slopes.any() else 0.0
    matrix[:d, :d][np.diag_indices(d)] += bound
    matrix[d:, :d] = -((1 + slopes) / 2)[:, None] * weighted
    matrix[:d, d:] = matrix[d:, :d].T
    matrix[d:, d:] = -(left.T @ left)
    matrix[d:, d:][np.diag_indices(k)] += multipliers
    low = norm_up(np.sqrt(slopes * multipliers)[:, None] * right)
    size = float(np.trace(matrix)) + 2 * norm_up(left) ** 2 + low**2 + (1 + slopes.max()) * norm_up(weighted)
    delta = 2 * (p + d + k + 4) * UNIT * size * (1 + 1e-9)
    matrix[np.diag_indices(d + k)] -= delta
    return is_positive_definite(matrix)


def _scaled(pair: Pair, sector: Floats, square: float) -> tuple[Floats, Floats, Floats, float]:
    # Powers of two only. An entry lost to underflow is below 1e-300 beside a delta above 1e-16.
    shares = np.round(np.log2(sector) / 2).astype(np.int64)
    left, right = np.ldexp(pair.left, -shares), np.ldexp(pair.right, shares[:, None])
    multipliers = np.ldexp(sector, -2 * shares)
    first, second = int(exponents(left)), int(exponents(right))
    with np.errstate(over="ignore", under="ignore"):
        bound = float(np.ldexp(square, -2 * (first + second)))
        return np.ldexp(left, -first), np.ldexp(right, -second), np.ldexp(multipliers, -2 * first), bound
