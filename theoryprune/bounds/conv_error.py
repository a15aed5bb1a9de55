"""The error of a pruned pair of convolutions at given inputs, its gradient, and what is proved of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from theoryprune.bounds.conv_layer import ConvLayer
from theoryprune.bounds.conv_map import convolved, transposed
from theoryprune.bounds.rounding import UNIT, Floats, exponents, gamma, norm_up
from theoryprune.bounds.witness import scaled
from theoryprune.layers import Layer as Record


def errors_and_gradients(layer: ConvLayer, points: Floats) -> tuple[Floats, Floats]:
    """Return the error at each point of a batch, and the gradient of half its square.

    Parameters
    ----------
    layer : ConvLayer
        What stands between its maps, if anything, must be known.
    points : ndarray, shape (batch, ci, *size)

    Notes
    -----
    Cost that of the four convolutions and their transposes.
    """
    g = layer.geometry
    total, gradients = np.zeros(0), np.zeros_like(points)
    sides = []
    for sign, outgoing, rows, bias, slopes in _sides(layer):
        before = convolved(rows, points, g.producer) + _along(bias, g.hidden)
        below = np.where(before > 0, 1.0, _along(slopes, g.hidden))
        after, back = _pooled(g.pool, below * before)
        part = sign * convolved(outgoing, after, g.consumer)
        total = total + part if total.size else part
        sides.append((sign, outgoing, rows, below, back, after.shape[2:]))
    total = total + layer.shift_map
    for sign, outgoing, rows, below, back, read in sides:
        reached = below * back(transposed(outgoing, total, g.consumer, read))
        gradients += sign * transposed(rows, reached, g.producer, g.size)
    return total, gradients


def proved_error(layer: ConvLayer, point: Floats) -> float:
    """Return a proved lower bound of ``||err(x)||``; 0 where rounding hides it.

    Parameters
    ----------
    layer : ConvLayer
    point : ndarray, shape (ci, *size)

    Notes
    -----
    The computed norm less ``2 gamma (|V| * |W| * |x| + ...)``, which bounds the rounding of every sum on the way.
    """
    small, exponent = shrunk(layer)
    unit = int(exponents(point)) if not layer.biased and not layer.shift.any() else 0
    inputs, g = np.ldexp(point, -unit)[None], layer.geometry
    error = errors_and_gradients(small, inputs)[0]
    spread = np.abs(small.shift_map) + np.zeros_like(error)
    for _, outgoing, rows, bias, _ in _sides(small):
        before = convolved(np.abs(rows), np.abs(inputs), g.producer) + _along(np.abs(bias), g.hidden)
        spread = spread + convolved(np.abs(outgoing), _pooled(g.pool, before)[0], g.consumer)
    flat, cells = layer.flat, int(np.prod(g.hidden))
    count = 2 * (flat.rows.shape[1] + flat.outgoing.shape[1] * int(np.prod(g.next_kernel)) + cells) + 64
    slack = 2 * gamma(count) * norm_up(spread) * (1 + 8 * count * UNIT) + 2.0**-1000
    with np.errstate(over="ignore"):
        size = float(np.sqrt((error * error).sum())) * (1 - 8 * (error.size + 4) * UNIT)
        return max(0.0, float(np.nextafter(np.ldexp(max(0.0, size - slack), exponent + unit), -np.inf)))


def shrunk(layer: ConvLayer) -> tuple[ConvLayer, int]:
    """Return the layer with weights scaled by powers of two to at most 1, and the exponent of the error's scale."""
    flat, exponent = scaled(layer.flat)
    with np.errstate(over="ignore"):
        shift = np.ldexp(layer.shift, -exponent)
    return replace(layer, flat=flat, shift=shift), exponent


_Side = tuple[float, Floats, Floats, Floats, Floats]


def _sides(layer: ConvLayer) -> list[_Side]:
    """For the layer before and after: sign, both kernels, biases, slopes."""
    flat, result = layer.flat, []
    parts = ((1.0, flat.outgoing, flat.rows, flat.slopes), (-1.0, flat.new_outgoing, flat.new_rows, None))
    for sign, outgoing, rows, slopes in parts:
        own = flat.slopes[flat.kept] if slopes is None else slopes
        kernels, bias = (rows[:, :-1], rows[:, -1]) if layer.biased else (rows, np.zeros(len(rows)))
        result.append((sign, layer.next_kernels(outgoing), layer.kernels(kernels), bias, own))
    return result


def _along(values: Floats, positions: tuple[int, ...]) -> Floats:
    return values.reshape(-1, *(1,) * len(positions))


def _pooled(pool: Record | None, hidden: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
    """What the consumer reads, and the way back of a gradient."""
    if pool is None:
        return hidden, lambda gradient: gradient
    inputs = torch.from_numpy(hidden).requires_grad_()
    outputs = pool.forward(inputs)

    def back(gradient: Floats) -> Floats:
        (found,) = torch.autograd.grad(outputs, inputs, torch.from_numpy(gradient))
        return np.asarray(found.numpy())

    return np.asarray(outputs.detach().numpy()), back
