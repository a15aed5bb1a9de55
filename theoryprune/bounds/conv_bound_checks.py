"""Every bound of a convolution certificate again from its diagonal, by library transforms and eigenvalues."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np

from theoryprune.bounds.bound_checks import schur_again
from theoryprune.bounds.column_checks import Columns, columns_of, unproved
from theoryprune.bounds.conv_layer import ConvLayer
from theoryprune.bounds.conv_map import transposed
from theoryprune.bounds.conv_pair import ConvPair, conv_pair
from theoryprune.bounds.gain_bounds import GainBounds
from theoryprune.bounds.rounding import Floats
from theoryprune.bounds.window import Window

_TOGETHER = 128  # frequencies
_SAMPLES = 24  # points for each step of a kernel whose map has no known size


def wrong_conv_bounds(
    bounds: GainBounds, layer: ConvLayer, assignment: Any, multipliers: Floats, nonnegative: bool, tol: float
) -> str:
    """Return what is not so in the bounds of a pair of convolutions without biases, empty if nothing.

    Parameters
    ----------
    bounds : GainBounds
    layer : ConvLayer
    assignment, multipliers : ndarray, shape (n,)
        The fold.
    nonnegative : bool
    tol : float
        Relative.
    """
    columns = columns_of(bounds, layer.flat, assignment, multipliers)
    if isinstance(columns, str):
        return columns
    g = layer.geometry
    # The torus, and whether slopes hold on it, is geometry: it comes from the pair, whose weights are not read.
    pair = conv_pair(layer, assignment, multipliers)
    taps = math.prod(g.kernel) * (1 if g.consumer is None else math.prod(g.next_kernel))
    found = _again(bounds, layer, pair, columns, nonnegative)
    return unproved(bounds, found, columns, math.sqrt(taps) * g.pool_gain, tol)


def fourier(kernel: Floats, torus: tuple[int, ...], window: Window, stride: bool = True) -> Any:
    """Return the symbols of a convolution on the torus of its output, shape (frequencies, out, in phases).

    Parameters
    ----------
    kernel : ndarray, shape (out, in, *k)
    torus : tuple of int
    window : Window
    stride : bool
        Whether the stride counts.

    Notes
    -----
    With stride s the input lies on a torus s times as long; its s frequencies that agree on the output stand side by
    side, each over ``sqrt(s)``: a unitary change of the phases that `taps_of` counts by.
    """
    steps = window.stride if stride else (1,) * len(torus)
    sides = tuple(n * s for n, s in zip(torus, steps, strict=True))
    spread = np.zeros((*kernel.shape[:2], *sides))
    placed, taps = (np.moveaxis(array, (0, 1), (-2, -1)) for array in (spread, kernel))
    for tap in product(*(range(k) for k in kernel.shape[2:])):
        read = zip(tap, window.dilation, window.pads, sides, strict=True)
        placed[tuple((d * t - pad[0]) % n for t, d, pad, n in read)] += taps[tap]
    transform = np.conj(np.fft.fftn(spread, axes=tuple(range(2, 2 + len(torus))))) / math.sqrt(math.prod(steps))
    halves = [side for n, s in zip(torus, steps, strict=True) for side in (s, n)]
    split = transform.reshape(*kernel.shape[:2], *halves)
    order = (*range(3, split.ndim, 2), 0, 1, *range(2, split.ndim, 2))
    return split.transpose(order).reshape(math.prod(torus), kernel.shape[0], -1)


def _again(
    bounds: GainBounds, layer: ConvLayer, pair: ConvPair, columns: Columns, nonnegative: bool
) -> dict[str, float]:
    g, k = layer.geometry, len(columns.slopes)
    if not k:
        return dict.fromkeys(("triangle", "product"), 0.0)
    low = columns.slopes if pair.slopes.any() or g.consumer is None else np.zeros(k)
    d, c = bounds.balance[columns.places], bounds.centre_balance[columns.places]
    kernels, next_kernels = layer.kernels(columns.right), layer.next_kernels(columns.left)
    right = fourier(kernels, pair.right_torus, g.producer)
    rows = np.linalg.norm(right, axis=2).max(axis=0)
    if nonnegative:
        # The norm of a map with entries above 0 is at frequency 0, where phases only add up.
        parts = [fourier(np.maximum(sign * kernels, 0), pair.right_torus, g.producer) for sign in (1, -1)]
        rows = np.minimum(rows, np.sqrt(sum(np.linalg.norm(part, axis=2).max(axis=0) ** 2 for part in parts)))
    if g.consumer is None:  # one frequency, the positions beside the channels
        left: Any = np.moveaxis(next_kernels.reshape(1, len(next_kernels), k, -1), 2, -1)
        sizes = np.linalg.norm(left[0].transpose(2, 0, 1), 2, axis=(1, 2))
    else:
        torus = pair.left_torus if g.read is not None else tuple(_SAMPLES * n for n in g.next_kernel)
        left = fourier(next_kernels, torus, g.consumer, stride=False)
        sizes = np.linalg.norm(left, axis=1).max(axis=0)
    found = {
        "triangle": float(sizes @ rows) * pair.gain,
        "product": _largest(left, 1 / d) * _largest(right, d[:, None]) * pair.gain,
    }
    if np.isfinite(bounds.centre) or np.isfinite(bounds.schur):
        if g.consumer is not None and pair.torus is not None:
            if pair.torus != pair.left_torus:
                left = fourier(next_kernels, pair.torus, g.consumer, stride=False)
            if pair.torus != pair.right_torus:
                right = fourier(kernels, pair.torus, g.producer)
        linear = _linear(layer, pair, (left, right), (next_kernels, kernels), (1 + low) / 2)
        found["centre"] = linear + _largest(left, (1 - low) / 2 / c) * _largest(right, c[:, None])
        if bounds.sector is None:
            found["schur"] = linear if (low == 1).all() or not np.isfinite(bounds.schur) else float("inf")
        elif pair.torus is None or g.consumer is None:
            found["schur"] = float("inf")
        else:
            sector = bounds.sector[columns.places]
            found["schur"] = max(schur_again(a, b, low, sector) for a, b in zip(left, right, strict=True))
    return found


def _linear(
    layer: ConvLayer, pair: ConvPair, symbols: tuple[Any, Any], kernels: tuple[Floats, Floats], middle: Floats
) -> float:
    """The norm of ``T_A (1 + l) / 2 T_B``, infinity where the maps have no torus in common."""
    g = layer.geometry
    if pair.torus is None:
        return float("inf")
    if g.consumer is not None:
        parts = zip(*(_parts(symbol) for symbol in symbols), strict=True)
        return max(_largest(a @ (middle[:, None] * b)) for a, b in parts)
    left, right = kernels
    weighted = middle.reshape(-1, *(1,) * len(g.hidden)) * left.reshape(len(left), -1, *g.hidden)
    return float(np.linalg.norm(transposed(right, weighted, g.producer, g.size).reshape(len(left), -1), 2))


def _largest(symbols: Any, weights: Any = 1.0) -> float:
    """The largest norm of any, times weights, with all axes but the first two as columns."""
    scaled = (part * weights for part in _parts(symbols))
    return max(float(np.linalg.norm(p.reshape(*p.shape[:2], -1), 2, axis=(1, 2)).max()) for p in scaled)


def _parts(symbols: Any) -> list[Any]:
    """Views of a few frequencies each, as many for all maps of one torus: products of whole maps take memory."""
    return np.array_split(symbols, -(-len(symbols) // _TOGETHER))
