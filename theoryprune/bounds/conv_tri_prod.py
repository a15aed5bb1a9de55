"""Norms of single channels of a convolution, and the two bounds that need nothing else but norms of both maps."""

from __future__ import annotations

import numpy as np

from theoryprune.bounds.conv_norm import taps_norm
from theoryprune.bounds.conv_pair import ConvPair
from theoryprune.bounds.effort import Effort
from theoryprune.bounds.frequency_grid import grids
from theoryprune.bounds.norms import spectral_norm_up
from theoryprune.bounds.rounding import UNIT, Floats, product_up, row_norms_up, sum_up, up
from theoryprune.bounds.symbols import frequency_count, half_torus, symbol_error, symbols, twiddles
from theoryprune.bounds.taps import Taps

_BUDGETS = {"fast": 2e9, "default": 1e10, "high": 1e11}  # floating-point operations
_BATCH = 2**20  # complex numbers held at a time


def channel_norms(taps: Taps, torus: tuple[int, ...], effort: Effort) -> Floats:
    """Return upper bounds of the norms of a convolution cut to each of its output channels.

    Parameters
    ----------
    taps : Taps
        Matrices of shape (taps, k, inputs), largest entries of about 1.
    torus : tuple of int
        Where it is exact.
    effort : {"fast", "default", "high"}

    Notes
    -----
    One channel has the norm ``sup_omega ||K_j(omega)||``, on a grid with its correction, and is never above ``(sum_i
    (sum_t |K_jit|)^2)^(1/2)``, which alone remains where no grid is affordable. Cost O(frequencies taps k inputs).
    """
    count, k, inner = taps.matrices.shape
    plain = row_norms_up(np.abs(taps.matrices).sum(axis=0)) * (1 + 8 * (count + 2) * UNIT)
    affordable = (g for g in grids(taps, torus, effort) if _cost(taps, g.sizes) <= _BUDGETS[effort])
    grid = next(affordable, None)
    if grid is None or count == 1:
        return np.asarray(plain)
    frequencies, norms = half_torus(grid.sizes), np.zeros(k)
    batch = max(1, _BATCH // (k * inner))
    for begin in range(0, len(frequencies), batch):
        found = symbols(taps.matrices, *twiddles(frequencies[begin : begin + batch], grid.places, grid.sizes))
        squares = np.einsum("fji,fji->fj", found, found.conj()).real
        norms = np.maximum(norms, squares.max(axis=0))
    errors = np.array([symbol_error(taps.matrices[:, j : j + 1]) for j in range(k)])
    tight = (np.sqrt(norms) * (1 + 8 * (2 * inner + 4) * UNIT) + errors) * grid.correction * (1 + 16 * UNIT)
    return np.asarray(np.minimum(plain, tight))


def left_norms(pair: ConvPair, effort: Effort) -> Floats:
    """Return upper bounds of the norms of T_A on each hidden channel."""
    if pair.matrix is not None:
        return np.array([spectral_norm_up(pair.matrix[:, j]) for j in range(pair.matrix.shape[1])])
    left = _left(pair)
    return channel_norms(Taps(left.matrices.transpose(0, 2, 1), -left.places), pair.left_torus, effort)


def right_norms(pair: ConvPair, effort: Effort, nonnegative: bool = False) -> Floats:
    """Return upper bounds of the norms of T_B to each hidden channel.

    Parameters
    ----------
    pair : ConvPair
    effort : {"fast", "default", "high"}
    nonnegative : bool
        Only inputs with x >= 0 count: then also ``(||B^+||^2 + ||B^-||^2)^(1/2)``, as ``|B x| <= max(B^+ x, B^- x)``
        entrywise. The norm of a map with entries above 0 is that at frequency 0.
    """
    norms = channel_norms(pair.right, pair.right_torus, effort)
    if not nonnegative:
        return norms
    matrices = pair.right.matrices
    parts = [row_norms_up(np.maximum(sign * matrices, 0.0).sum(axis=0)) for sign in (1, -1)]
    both = np.sqrt(parts[0] ** 2 + parts[1] ** 2) * (1 + 8 * (len(matrices) + 4) * UNIT)
    return np.minimum(norms, both)


def conv_triangle(lefts: Floats, rights: Floats, gain: float) -> float:
    """Return ``sum_j ||T_A e_j|| gain ||e_j^T T_B||``, rounded up; `gain` is that of what stands between."""
    return up(sum_up(product_up(lefts, rights)) * gain)


def left_norm(pair: ConvPair, weights: Floats, effort: Effort, torus: tuple[int, ...] | None = None) -> float:
    """Return an upper bound of ``||T_A diag(w)||``, from the hidden map or from every position of a torus."""
    if pair.matrix is not None:
        scaled = pair.matrix * weights[:, None]
        return spectral_norm_up(scaled.reshape(len(scaled), -1), relative=5 * UNIT)
    left = _left(pair)
    return taps_norm(Taps(left.matrices * weights, left.places), torus or pair.left_torus, effort)


def right_norm(pair: ConvPair, weights: Floats, effort: Effort, torus: tuple[int, ...] | None = None) -> float:
    """Return an upper bound of ``||diag(w) T_B||``, onto the hidden map or onto every position of a torus."""
    right = Taps(weights[:, None] * pair.right.matrices, pair.right.places)
    return taps_norm(right, torus or pair.right_torus, effort)


def conv_product(pair: ConvPair, balance: Floats, effort: Effort) -> tuple[float, float]:
    """Return ``||T_A D^-1||`` and ``||D T_B||``; their product times `gain` bounds the error, as S commutes with D.

    Parameters
    ----------
    pair : ConvPair
    balance : ndarray, shape (k,)
        The diagonal of D, positive, the same at every position.
    effort : {"fast", "default", "high"}
    """
    return left_norm(pair, 1 / balance, effort), right_norm(pair, balance, effort)


def _left(pair: ConvPair) -> Taps:
    if pair.left is None:
        raise ValueError("a flattened map has no taps: read `matrix`")
    return pair.left


def _cost(taps: Taps, sizes: tuple[int, ...]) -> float:
    return 4.0 * frequency_count(sizes) * taps.matrices.size
