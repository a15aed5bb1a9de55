"""Search for an input on which a pruned pair of convolutions is most wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from theoryprune.bounds.conv_error import errors_and_gradients, proved_error, shrunk
from theoryprune.bounds.conv_layer import ConvLayer
from theoryprune.bounds.layer import forms_of, nothing_kept
from theoryprune.bounds.rounding import Floats, exponents, norm_up

_STARTS, _STEPS = 16, 120
_BUDGET = 4e10  # floating-point operations of one search


def without_biases(layer: ConvLayer) -> ConvLayer:
    """The layer without biases and offsets, whose error is homogeneous."""
    flat = forms_of(layer.flat)[1] if layer.biased else layer.flat
    return replace(layer, flat=flat, shift=np.zeros_like(layer.shift))


def with_nothing_kept(layer: ConvLayer) -> ConvLayer:
    """The layer beside the zero map."""
    return replace(layer, flat=nothing_kept(layer.flat), shift=np.zeros_like(layer.shift))


def conv_search(
    layer: ConvLayer, seed: int, *, nonnegative: bool = False, radius: float | None = None, effort: float = 1.0
) -> Floats:
    """Return the input with the largest error found.

    Parameters
    ----------
    layer : ConvLayer
        What stands between its maps, if anything, must be known.
    seed : int
    nonnegative : bool
        Whether only x >= 0 counts.
    radius : float, optional
        Look for the largest ``||err(x)||`` on this sphere, biases included; else for the largest gain of the layer
        without biases.
    effort : float
        Factor for the work.

    Returns
    -------
    ndarray, shape (ci, *size)

    Notes
    -----
    As in `search`: power steps with the gradient of the cell, in the second half only part of the way. Half of the
    starts first climb for the layer with slopes 1, whose error is linear; all are tried with both signs. The number of
    starts, then that of steps, falls for large layers to hold the work. Heuristic.
    """
    layer = shrunk(layer if radius is not None else without_biases(layer))[0]
    rng, shape = np.random.default_rng(seed), (layer.kernels(_rows(layer)).shape[1], *layer.geometry.size)
    passes = effort * _BUDGET / _cost(layer)
    starts = int(np.clip(passes / 40, 1, _STARTS * effort**0.5))
    steps = int(np.clip(passes / (2 * starts), 8, _STEPS * effort**0.25))
    points = _projected(rng.standard_normal((starts, *shape)), nonnegative, radius)
    linear = replace(layer, flat=replace(layer.flat, slopes=np.ones_like(layer.flat.slopes)))
    climbed = points[: (starts + 1) // 2]
    for _ in range(steps // 8):
        climbed = _projected(errors_and_gradients(linear, climbed)[1], nonnegative, radius)
    points = np.concatenate([climbed, points[(starts + 1) // 2 :]])
    points = points if nonnegative else np.concatenate([points, -points])
    best, record = points[0], -1.0
    for step in range(steps):
        errors, gradients = errors_and_gradients(layer, points)
        sizes = (errors * errors).sum(axis=tuple(range(1, errors.ndim)))
        place = int(sizes.argmax())
        if sizes[place] > record:
            best, record = points[place].copy(), float(sizes[place])
        moved = _projected(gradients, nonnegative, radius)
        points = moved if 2 * step < steps else _projected(0.8 * points + 0.2 * moved, nonnegative, radius)
    return np.asarray(best)


def proved_gain_at(layer: ConvLayer, point: Floats) -> float:
    """Return a proved lower bound of ``||err(x)|| / ||x||`` for the layer without biases; 0 at the origin."""
    inputs = np.ldexp(point, -int(exponents(point)))
    length = norm_up(inputs)
    if length == 0:
        return 0.0
    return max(0.0, float(np.nextafter(proved_error(without_biases(layer), inputs) / length, -np.inf)))


def _rows(layer: ConvLayer) -> Floats:
    return layer.flat.rows[:, :-1] if layer.biased else layer.flat.rows


def _cost(layer: ConvLayer) -> float:
    """Operations for one error and its gradient."""
    g = layer.geometry
    first = layer.flat.rows.size + layer.flat.new_rows.size
    second = layer.flat.outgoing.size + layer.flat.new_outgoing.size
    return 4.0 * (first * float(np.prod(g.hidden)) + second * float(np.prod(g.output or ())))


def _projected(points: Floats, nonnegative: bool, radius: float | None) -> Floats:
    """Points of norm 1, or of norm `radius`, in the domain."""
    points = np.maximum(points, 0.0) if nonnegative else points.copy()
    axes = tuple(range(1, points.ndim))
    largest = np.abs(points).max(axis=axes, keepdims=True)
    points = np.where(largest > 0, points / np.where(largest > 0, largest, 1.0), 1.0)
    lengths = np.sqrt((points * points).sum(axis=axes, keepdims=True))
    return np.asarray(points * ((1.0 if radius is None else radius) / lengths))
