"""The error of a pruned pair of convolutions as ``T_A S T_B x``: both maps as taps on a common torus."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theoryprune.bounds.conv_layer import ConvLayer
from theoryprune.bounds.fold import Indices
from theoryprune.bounds.frequency_grid import placed
from theoryprune.bounds.pair import Pair, layer_pair
from theoryprune.bounds.rounding import Floats, up
from theoryprune.bounds.taps import Taps, real_positions
from theoryprune.bounds.window import Window

_ENDLESS = 2**40  # side of a torus for maps of unknown size: never affordable, so a coarse grid is taken


@dataclass(frozen=True, eq=False)
class ConvPair:
    """``||err(x)|| <= 2^exponent (sup_S ||T_A S T_B x|| + rounding ||x||)``, S diagonal over channels and positions.

    Parameters
    ----------
    flat : Pair
        The same for the flattened weights: it scales the units, and says which are left out.
    left : Taps or None
        Of T_A at stride 1, matrices of shape (taps, p, k); None for flattened hidden maps.
    matrix : ndarray, shape (p, k, positions), or None
        A of flattened hidden maps.
    right : Taps
        Of T_B, matrices of shape (taps, k, ci phases).
    left_torus, right_torus : tuple of int
        Where each map is exact on its own.
    torus : tuple of int or None
        Where both are; None if there is none, or if something stands between them.
    slopes : ndarray, shape (k,)
        Least entry of S for each channel on that torus: 0 where the torus has positions outside the hidden map.
    rounding : float
    gain : float
        Of what stands between.
    real : ndarray of bool, shape (phases, *positions)
        Which phases and positions, on the lattice of the hidden map, are positions of the input.
    hidden : tuple of int
        Positions of the hidden map.
    """

    flat: Pair
    left: Taps | None
    matrix: Floats | None
    right: Taps
    left_torus: tuple[int, ...]
    right_torus: tuple[int, ...]
    torus: tuple[int, ...] | None
    slopes: Floats
    rounding: float
    gain: float
    real: NDArray[np.bool_]
    hidden: tuple[int, ...]


def conv_pair(layer: ConvLayer, assignment: Indices, multipliers: Floats) -> ConvPair:
    """Return the pair of a layer, without biases, and a fold.

    Notes
    -----
    The columns of A and rows of B are those of `layer_pair` for the flattened kernels, which holds for each position:
    one multiplier a_j serves all. A column of weights with Frobenius norm f has as a map at most the norm ``sqrt(taps)
    f``, so what rounding changes grows by ``sqrt(taps taps')`` at most. S has slopes only inside the hidden map;
    on the torus outside it is 0.
    """
    g = layer.geometry
    flat = layer_pair(layer.flat, assignment, multipliers)
    next_kernel = layer.next_kernels(flat.left)
    right, right_torus = placed(layer.kernels(flat.right), g.size, g.producer)
    places = real_positions(g.kernel, g.size, g.producer), g.hidden
    taps = math.prod(g.kernel) * (1 if g.consumer is None else math.prod(g.next_kernel))
    rounding = up(flat.rounding * math.sqrt(taps) * g.pool_gain, terms=4)
    if g.consumer is None:
        matrix = next_kernel.reshape(*next_kernel.shape[:2], math.prod(g.next_kernel))
        torus = None if g.between else right_torus
        return ConvPair(flat, None, matrix, right, (), right_torus, torus, flat.slopes, rounding, g.pool_gain, *places)
    full = Window((1,) * len(g.size), g.consumer.padding, g.consumer.dilation, g.consumer.mode)
    if g.read is None:
        left, left_torus = placed(next_kernel, (_ENDLESS,) * len(g.size), full)
    else:
        left, left_torus = placed(next_kernel, g.read, full)
    common = None if g.between else _common(right_torus, g.producer, left_torus, g.consumer)
    slopes = flat.slopes if common == g.hidden else np.zeros_like(flat.slopes)
    return ConvPair(flat, left, None, right, left_torus, right_torus, common, slopes, rounding, g.pool_gain, *places)


def _common(
    first: tuple[int, ...], producer: Window, second: tuple[int, ...], consumer: Window
) -> tuple[int, ...] | None:
    """The least torus on which both maps are exact; circular ones are so on their own only."""
    sides = tuple(max(n, m) for n, m in zip(first, second, strict=True))
    if producer.mode == "circular" and sides != first:
        return None
    return None if consumer.mode == "circular" and sides != second else sides
