"""The bound schur for given multipliers, computed but not proved, and the multipliers that a diagonal D suggests."""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError, cholesky, eigvalsh, qr, solve_triangular

from theoryprune.bounds.norms import top_eigenvalue
from theoryprune.bounds.pair import Pair
from theoryprune.bounds.rounding import Floats

LEAST = 2.0**-300
"""Floor of the multipliers relative to A of norm about 1: it costs nothing, and nothing underflows."""


def sector_square(pair: Pair, sector: Floats) -> float:
    """Return ``lambda_max(B^T (H T (T - A^T A)^-1 T H - l T) B)``, infinity unless ``T > A^T A``.

    Parameters
    ----------
    pair : Pair
    sector : ndarray, shape (k,)
        The multipliers T.

    Notes
    -----
    The least square for which the matrix of `is_sector_bound` is positive semidefinite, by its Schur complement.
    Computed on B reduced to k x min(k, d). Cost O(k^3 + k^2 min(k, d)).
    """
    right = compact(pair.right)
    root = np.sqrt(sector)
    scaled = pair.left / root
    gap = np.eye(len(sector)) - scaled.T @ scaled
    try:
        factor = cholesky(gap, lower=True, check_finite=False)
    except LinAlgError:
        return float("inf")
    middle = (1 + pair.slopes) / 2
    half = solve_triangular(factor, (middle * root)[:, None] * right, lower=True, check_finite=False)
    value = half.T @ half - right.T @ ((pair.slopes * sector)[:, None] * right)
    return top_eigenvalue(value) if np.isfinite(value).all() else float("inf")


def sector_of(pair: Pair, balance: Floats) -> Floats:
    """Return ``T = 2 ||A D^-1||^2 D^2``, at least `LEAST`.

    Notes
    -----
    Then ``T - A^T A >= T / 2``, so at slope 0 the value is at most ``(||A D^-1|| ||D B||)^2``. Cost O(k^2 p).
    """
    scaled = pair.left / balance
    gram = scaled @ scaled.T if scaled.shape[0] < scaled.shape[1] else scaled.T @ scaled
    size = float(eigvalsh(gram, check_finite=False)[-1]) if len(gram) < 64 else top_eigenvalue(gram)
    return np.maximum(2 * size * (1 + 1e-12) * balance**2, LEAST)


def compact(rows: Floats) -> Floats:
    """Return C, k x min(k, d), with ``C C^T = B B^T``: all that a bound on ``||x||`` needs to know of B."""
    if rows.shape[0] >= rows.shape[1]:
        return rows
    return np.ascontiguousarray(qr(rows.T, mode="r", check_finite=False)[0][: rows.shape[0]].T)
