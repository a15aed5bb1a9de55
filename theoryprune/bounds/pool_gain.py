"""How much pooling and flattening can stretch a difference, exactly, for the input's own size."""

from __future__ import annotations

import math
from functools import singledispatch

import numpy as np

from theoryprune.bounds.fold import Indices
from theoryprune.bounds.norms import spectral_norm_up
from theoryprune.bounds.rounding import UNIT, Floats, up
from theoryprune.errors import UnsupportedLayerError
from theoryprune.layers import AdaptiveAvgPool, AvgPool, Flatten, Layer, MaxPool, Shape, SpatialMean
from theoryprune.layers.window import extent

_LARGEST = 1024  # outputs along one axis; beyond, row and column sums bound the norm of its averages


@singledispatch
def pool_gain(layer: Layer, shape: Shape) -> float:
    """Bound ``||pool(x) - pool(y)|| / ||x - y||`` in the l2 norm over all x, y.

    Parameters
    ----------
    layer : MaxPool, AvgPool, AdaptiveAvgPool, SpatialMean or Flatten
    shape : tuple of int
        Shape per example of what the layer reads.

    Returns
    -------
    float
        Rounded up, and the least such number up to rounding. Infinite for a max pool with a window that holds nothing
        but padding, whose output is.

    Raises
    ------
    UnsupportedLayerError
        For another kind of layer.

    Notes
    -----
    *Max*: ``|max a - max b| <= max |a - b|``, so the square is at most the largest number of windows that share a
    cell, the product over the axes of the same number along each; one spike in that cell attains it. For maps that are
    large against the window it is ``ceil(k g / s)`` per axis, ``g = gcd(s, dilation)`` (1 without dilation). *Average*:
    every divisor but `divisor_override` is a product over the axes, so the map is a Kronecker product and its norm the
    product of the norms of one small matrix per axis. The mean over n cells has ``1 / sqrt(n)``, flattening 1. Cost
    O(n^3) for n outputs along an axis, up to 1024; beyond, O(n) by ``||M||^2 <= ||M||_1 ||M||_inf``.
    """
    raise UnsupportedLayerError(f"'{layer.name}': the gain of pooling has no rule for layers of kind '{layer.kind}'")


@pool_gain.register
def _(layer: MaxPool, shape: Shape) -> float:
    shared = 1
    for axis, size in enumerate(shape[1:]):
        kernel, stride, padding, dilation = (
            values[axis] for values in (layer.kernel, layer.stride, layer.padding, layer.dilation)
        )
        count = extent(size, kernel, stride, 2 * padding, dilation, layer.ceil_mode)
        first = stride * np.arange(count)[:, None] - padding
        cells = first + dilation * np.arange(kernel)
        inside = (cells >= 0) & (cells < size)
        if not inside.any(axis=1).all():
            return math.inf
        shared *= int(np.bincount(cells[inside]).max())
    return _root_up(shared)


@pool_gain.register
def _(layer: AvgPool, shape: Shape) -> float:
    total = 1.0
    fixed = layer.divisor_override if len(layer.kernel) > 1 else None  # torch has none along one axis
    for size, kernel, stride, padding in zip(shape[1:], layer.kernel, layer.stride, layer.padding, strict=True):
        count = extent(size, kernel, stride, 2 * padding, 1, layer.ceil_mode)
        first = stride * np.arange(count) - padding
        last = np.minimum(first + kernel, size + padding)
        start, end = np.maximum(first, 0), np.minimum(last, size)
        divisors = (last - first) if layer.count_include_pad else (end - start)
        total = up(total * _average_norm_up(start, end, divisors if fixed is None else np.ones_like(divisors)))
    return total if fixed is None else up(total / abs(fixed))


@pool_gain.register
def _(layer: AdaptiveAvgPool, shape: Shape) -> float:
    total = 1.0
    for size, count in zip(shape[1:], layer.output_size, strict=True):
        start = np.arange(count) * size // count
        end = -(-np.arange(1, count + 1) * size // count)
        total = up(total * _average_norm_up(start, end, end - start))
    return total


@pool_gain.register
def _(layer: SpatialMean, shape: Shape) -> float:
    cells = math.prod(shape[axis] for axis in layer.axes)
    return 1.0 if cells == 1 else up(1 / math.sqrt(cells), terms=2)


@pool_gain.register
def _(layer: Flatten, shape: Shape) -> float:
    return 1.0


def _root_up(square: int) -> float:
    root = math.isqrt(square)
    return float(root) if root * root == square else up(math.sqrt(square))


def _average_norm_up(start: Indices, end: Indices, divisors: Indices) -> float:
    """Bound the norm of the matrix with ``1 / divisors_i`` in columns ``start_i`` to ``end_i`` of row i."""
    if len(start) > _LARGEST:
        shares = 1 / divisors
        edges = np.bincount(start, shares, end.max() + 1) - np.bincount(end, shares, end.max() + 1)
        slack = 8 * len(start) * UNIT * float(shares.sum())
        columns, rows = float(np.cumsum(edges).max()) + slack, float(((end - start) * shares).max())
        return up(math.sqrt(columns * rows), terms=4)
    cells = np.arange(end.max())
    matrix: Floats = ((cells >= start[:, None]) & (cells < end[:, None])) / divisors[:, None]
    disjoint = (start[1:] >= end[:-1]).all()
    if disjoint:  # orthogonal rows
        return up(math.sqrt(float(((end - start) / divisors**2).max())), terms=4)
    return spectral_norm_up(matrix, relative=2 * UNIT)
