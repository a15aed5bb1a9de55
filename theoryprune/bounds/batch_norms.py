"""The largest spectral norm among many complex matrices, proved by one Cholesky factorisation of each."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh

from theoryprune.bounds.rounding import UNIT, Floats, gamma, row_norms_up, up
from theoryprune.bounds.symbols import Symbols

_EXCESSES = [10.0**power for power in range(-10, -3)]
_TOGETHER = 96  # sides: above, one eigenvalue problem after another finds the top eigenvalue alone


def largest_norm_up(matrices: Symbols, known: float) -> float:
    """Return a proved upper bound of the spectral norms of all matrices, not below a bound already known.

    Parameters
    ----------
    matrices : ndarray, shape (batch, rows, columns)
        Largest entries about 1 or below.
    known : float
        Positive. What is below needs no proof of its own: the bound of all is the larger one.

    Notes
    -----
    ``||X|| <= s`` is accepted if the factorisation of ``s^2 I - X^* X - delta I`` runs to its end, with (m, n) the
    sides, ``n <= m``, and

        delta = 4 (gamma_{2n+6} / (1 - 2 gamma_{2n+6}) n s^2 + gamma_{2m+8} (||X||_F^2 + s^2)).

    This is the argument of `spectral_norm_up` for complex numbers: each part of a complex inner product of length n is
    a real one of length 2 n, so an entry errs by at most ``2 gamma_{2n}`` of the product of the absolute values; the
    factor 4 holds that 2 and the room left there for other orders of operations. As long as the known bound passes, a
    matrix costs one product and one factorisation, and no eigenvalue. Cost O(m n^2) for each.
    """
    tall = matrices if matrices.shape[1] >= matrices.shape[2] else matrices.conj().transpose(0, 2, 1)
    m, n = tall.shape[1:]
    squares = row_norms_up(np.concatenate([tall.real, tall.imag], axis=2).reshape(len(tall), -1)) ** 2
    if n == 1:
        return max(known, up(float(np.sqrt(squares.max(initial=0.0))), terms=4))
    grams = tall.conj().transpose(0, 2, 1) @ tall
    open_ones = np.flatnonzero(squares * (1 + 32 * UNIT) > known * known)
    if not len(open_ones) or _all_below(grams[open_ones], squares[open_ones], known, m):
        return known
    top = float(np.sqrt(max(0.0, *(_top_eigenvalues(grams[open_ones])))))
    for excess in _EXCESSES:
        s = max(known, top * (1 + excess))
        if _all_below(grams[open_ones], squares[open_ones], s, m):
            return up(s)
    return max(known, up(float(np.sqrt(squares.max())), terms=4))


def _all_below(grams: Symbols, squares: Floats, s: float, m: int) -> bool:
    n = grams.shape[1]
    first = gamma(2 * n + 6)
    delta = 4 * (first / (1 - 2 * first) * n * s * s + gamma(2 * m + 8) * (squares + s * s)) * (1 + 16 * UNIT)
    shifted = -grams
    shifted[:, np.arange(n), np.arange(n)] = s * s - delta[:, None] - np.einsum("bii->bi", grams).real
    try:
        factors = np.linalg.cholesky(shifted)
    except np.linalg.LinAlgError:
        return False
    return bool(np.isfinite(np.einsum("bii->bi", factors).real).all())


def _top_eigenvalues(grams: Symbols) -> list[float]:
    n = grams.shape[1]
    if n <= _TOGETHER:
        return [float(np.linalg.eigvalsh(grams)[:, -1].max())]
    last = [n - 1, n - 1]
    return [float(eigh(g, eigvals_only=True, subset_by_index=last, check_finite=False)[0]) for g in grams]
