"""The matrix inequalities behind the bound schur of convolutions, one for each frequency, proved by Cholesky."""

from __future__ import annotations

import numpy as np

from theoryprune.bounds.conv_program import adjoint
from theoryprune.bounds.rounding import UNIT, Floats, gamma
from theoryprune.bounds.symbols import Symbols

_BATCH = 2**20  # complex numbers held at a time


def is_conv_sector_bound(left: Symbols, right: Symbols, slopes: Floats, sector: Floats, square: float) -> bool:
    """Whether float64 proves ``sup ||T_A S T_B x||^2 <= square ||x||^2`` for the maps with these symbols.

    Parameters
    ----------
    left, right : ndarray, shape (frequencies, p, k), (frequencies, k, d)
    slopes : ndarray, shape (k,)
        S has entries in [slope, 1].
    sector : ndarray, shape (k,)
        T > 0.
    square : float

    Notes
    -----
    T commutes with shifts, so the matrix inequality of `is_sector_bound` falls apart into one for each frequency. With
    slopes 0 it holds if ``T - A^* A - (T B)(T B)^* / (4 square)`` is positive semidefinite, k rows; else the matrix of
    `is_sector_bound` itself is factorised, d + k rows. Units are first scaled by powers of two so that T is nearly
    constant, which is exact. What is subtracted before the factorisation is

        4 gamma_{2 (p + d + k) + 24} (tr T + ||A||_F^2 + ||T B||_F^2 / (4 square)),

    with the trace and the norms of the larger matrix for slopes above 0: inner products of complex numbers of length n
    have parts of length 2 n, which together err by ``2 gamma_{2n}``, and the factor 2 beyond is as in
    `largest_norm_up`. Cost O(frequencies (k^3 + k^2 (p + d))).
    """
    if not (np.isfinite(sector).all() and (sector > 0).all() and 0 < square < np.inf):
        return False
    shares = np.round(np.log2(sector) / 2)
    a, b, multipliers = left * 2.0**-shares, right * 2.0 ** shares[:, None], sector * 4.0**-shares
    prove = _proved_whole if slopes.any() else _proved_reduced
    batch = max(1, _BATCH // (len(sector) + right.shape[2]) ** 2)
    parts = range(0, len(a), batch)
    return all(prove(a[i : i + batch], b[i : i + batch], slopes, multipliers, square) for i in parts)


def _proved_reduced(left: Symbols, right: Symbols, slopes: Floats, sector: Floats, square: float) -> bool:
    k = len(sector)
    weighted = sector[:, None] * right
    matrix = -(adjoint(left) @ left) - (weighted @ adjoint(weighted)) / (4 * square)
    matrix[:, np.arange(k), np.arange(k)] += sector
    sizes = sector.sum() + _squares(left) + _squares(weighted) / (4 * square)
    return _definite(matrix, sizes, left.shape[1] + right.shape[2] + k)


def _proved_whole(left: Symbols, right: Symbols, slopes: Floats, sector: Floats, square: float) -> bool:
    (count, p, k), d = left.shape, right.shape[2]
    weighted = sector[:, None] * right
    scale = np.sqrt(square / sector.max())
    scale = 2.0 ** np.round(np.log2(scale))  # x is counted in other units, which balances the blocks
    low = adjoint(right) @ (slopes[:, None] * weighted) / scale**2
    matrix = np.empty((count, d + k, d + k), dtype=np.complex128)
    matrix[:, :d, :d] = low
    matrix[:, np.arange(d), np.arange(d)] += square / scale**2
    matrix[:, d:, :d] = -((1 + slopes) / 2)[:, None] * weighted / scale
    matrix[:, :d, d:] = adjoint(matrix[:, d:, :d])
    matrix[:, d:, d:] = -(adjoint(left) @ left)
    matrix[:, np.arange(d, d + k), np.arange(d, d + k)] += sector
    inner = _squares(np.sqrt(slopes * sector)[:, None] * right) / scale**2
    sizes = d * square / scale**2 + sector.sum() + _squares(left) + 2 * inner
    sizes = sizes + (1 + slopes.max()) * np.sqrt(_squares(weighted)) / scale
    return _definite(matrix, sizes, p + d + k)


def _definite(matrix: Symbols, sizes: Floats, length: int) -> bool:
    delta = 4 * gamma(2 * length + 24) * sizes * (1 + 64 * length * UNIT)
    n = matrix.shape[1]
    matrix[:, np.arange(n), np.arange(n)] -= delta[:, None]
    try:
        factors = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return bool(np.isfinite(np.einsum("fii->fi", factors).real).all())


def _squares(matrices: Symbols) -> Floats:
    return np.asarray(np.einsum("fij,fij->f", matrices, matrices.conj()).real)
