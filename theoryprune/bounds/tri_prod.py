"""Two bounds that need no solver: the triangle inequality, and the product of two balanced norms."""

from __future__ import annotations

import numpy as np

from theoryprune.bounds.norms import spectral_norm_up
from theoryprune.bounds.pair import Pair
from theoryprune.bounds.rounding import UNIT, Floats, product_up, row_norms_up, sum_up, up


def triangle_bound(pair: Pair, nonnegative: bool = False) -> float:
    """Return ``sum_j ||A_:j|| ||B_j|| >= sup_S ||A S B||_2``, rounded up.

    Parameters
    ----------
    pair : Pair
    nonnegative : bool
        Only inputs with x >= 0 count: then ``||B_j||`` becomes ``max(||B_j^+||, ||B_j^-||)``, as ``-||B_j^-|| ||x|| <=
        B_j x <= ||B_j^+|| ||x||``.

    Notes
    -----
    ``|S_jj| <= 1`` and the triangle inequality. Cost O(k (p + d)).
    """
    right = pair.right
    rows = row_norms_up(right)
    if nonnegative:
        rows = np.maximum(row_norms_up(np.maximum(right, 0.0)), row_norms_up(np.maximum(-right, 0.0)))
    return sum_up(product_up(pair.left_norms, rows))


def balances(pair: Pair) -> list[Floats]:
    """Return the two closed-form diagonals D of `product_bound`.

    Notes
    -----
    ``(||A_:j|| / ||B_j||)^(1/2)`` makes both factors alike; ``1 / ||B_j||`` is exact for orthonormal rows and one
    output. Neither depends on how a unit is scaled.
    """
    left, right = pair.left_norms, pair.right_norms
    return [np.sqrt(left / right), 1 / right]


def product_bound(pair: Pair, balance: Floats, weights: Floats | None = None) -> float:
    """Return ``||A diag(w) D^-1||_2 ||D B||_2 >= sup_S ||A diag(w) S B||_2``, rounded up.

    Parameters
    ----------
    pair : Pair
    balance : ndarray, shape (k,)
        The diagonal of D, positive.
    weights : ndarray, shape (k,), optional
        w, non-negative; ones by default.

    Notes
    -----
    S commutes with D and has norm at most 1. Cost that of two spectral norms.
    """
    factors = 1 / balance if weights is None else weights / balance
    first = spectral_norm_up(pair.left * factors, relative=5 * UNIT)
    return up(first * spectral_norm_up(balance[:, None] * pair.right, relative=2 * UNIT), terms=2)
