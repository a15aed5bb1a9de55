"""By how much the constants differ that a consumer adds with and without a coreset, exactly."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor

from theoryprune.coresets.hidden import Consumer
from theoryprune.coresets.matrices import as_array, weight_layer
from theoryprune.geometry.arguments import Floats
from theoryprune.geometry.exact_products import halves
from theoryprune.layers import Conv, WeightLayer
from theoryprune.types import WeightGraph

_PLAIN = 2.0**-450, 2.0**450  # factors between them have products and remainders within the range of float64


def constant_change(before: WeightGraph, after: WeightGraph, consumer: Consumer) -> Floats | None:
    """Return what a consumer adds before, less what it adds after, besides its weights times the activations.

    Parameters
    ----------
    before, after : WeightGraph
        Without and with a coreset applied, as they are stored.
    consumer : Consumer

    Returns
    -------
    ndarray of float64, shape (out,) or (out, *positions), or None
        ``b + V o - b' - V' o`` with the biases b and the shifts o that batch norms give the units behind the
        activation, for convolutions at each position, with the taps that read no border. None if nothing changed.

    Notes
    -----
    Each number is the exact sum of exact products, rounded once: the two constants nearly cancel where the new bias
    was made to make up for lost shifts, and what is left is the rounding of that bias to its dtype. Cost: a pass over
    the weights for each kind of position (inside, at each border), only where there are shifts or new biases.
    """
    old, new = weight_layer(before, consumer.layer), weight_layer(after, consumer.layer)
    biases = [np.zeros(len(old.weight)) if layer.bias is None else as_array(layer.bias) for layer in (old, new)]
    shifts = channel_shifts(old, consumer).cpu().numpy()
    if not shifts.any() and np.array_equal(biases[0], biases[1]):
        return None
    weights = [_by_tap(layer, shifts) for layer in (old, new)]
    values = np.repeat(shifts.reshape(old.groups, 1, -1), len(old.weight) // old.groups, axis=1)
    factors = values.reshape(len(old.weight), -1, 1)
    if not isinstance(old, Conv):
        found = _sums(weights, factors, biases, np.array([True]))
        return found if found.any() else None
    axes = [np.unique(seen, axis=0, return_inverse=True) for seen in _taps_seen(old, before)]
    kinds = np.empty((len(old.weight), *(len(rows) for rows, _ in axes)))
    for place in np.ndindex(*kinds.shape[1:]):
        seen = np.array([True])
        for (rows, _), index in zip(axes, place, strict=True):
            seen = np.logical_and.outer(seen, rows[index]).reshape(-1)
        kinds[np.index_exp[:, *place]] = _sums(weights, factors, biases, seen)
    if not kinds.any():
        return None
    return kinds[np.ix_(np.arange(len(kinds)), *(inverse.reshape(-1) for _, inverse in axes))]


def joint_change(before: WeightGraph, after: WeightGraph, reading: tuple[Consumer, ...]) -> Floats | None:
    """Return the changes of several linear consumers one below the other, None if there are none."""
    found = [constant_change(before, after, consumer) for consumer in reading]
    if all(change is None for change in found):
        return None
    heights = [len(weight_layer(before, consumer.layer).weight) for consumer in reading]
    return np.concatenate([np.zeros(n) if c is None else c for n, c in zip(heights, found, strict=True)])


def channel_shifts(layer: WeightLayer, consumer: Consumer, means: Floats | None = None) -> Tensor:
    """Return what stands in each input channel of a consumer without the activation, or its mean; shape (in,)."""
    own = consumer.units.offset if means is None else means
    values = np.zeros(layer.weight.shape[1] * layer.groups)
    there = consumer.columns >= 0
    values[consumer.columns[there]] = np.broadcast_to(own[:, None], there.shape)[there]
    return torch.from_numpy(values).to(layer.weight.device)


def _by_tap(layer: WeightLayer, shifts: Floats) -> Floats:
    """Weights of shape (out, in per group, taps); zeros where there is nothing to multiply."""
    weight = as_array(layer.weight).reshape(len(layer.weight), layer.weight.shape[1], -1)
    return weight if shifts.any() else weight[:, :, :1] * 0


def _taps_seen(layer: Conv, graph: WeightGraph) -> Iterator[Floats]:
    """For each axis which taps read within the input, shape (positions, taps)."""
    sizes, outputs = graph.shapes[layer.inputs[0]][1:], graph.shapes[layer.name][1:]
    for n, m, k, s, (pad, _), d in zip(
        sizes, outputs, layer.kernel, layer.stride, layer.pads, layer.dilation, strict=True
    ):
        read = s * np.arange(m)[:, None] + d * np.arange(k) - pad
        yield (read >= 0) & (read < n)


def _sums(weights: list[Floats], factors: Floats, biases: list[Floats], seen: Floats) -> Floats:
    """The exact sums ``b - b' + sum (V - V') o`` over the taps seen, one for each output, each rounded once."""
    taken = [weight[:, :, seen] if weight.shape[2] == len(seen) else weight for weight in weights]
    found = np.empty(len(factors))
    for out, bias in enumerate(zip(*biases, strict=True)):
        changed = (taken[0][out] != taken[1][out]) & (factors[out] != 0)
        old, new, shift = (
            np.broadcast_to(a, changed.shape)[changed] for a in (taken[0][out], taken[1][out], factors[out])
        )
        found[out] = _dot(np.concatenate([old, -new]), np.concatenate([shift, shift]), bias[0], -bias[1])
    return found


def _dot(first: Floats, second: Floats, *others: float) -> float:
    used = (first != 0) & (second != 0)
    first, second = first[used], second[used]
    sizes = np.abs(np.concatenate([first, second]))
    if sizes.size and not (_PLAIN[0] < sizes.min() and sizes.max() < _PLAIN[1]):
        pairs = zip(first.tolist(), second.tolist(), strict=True)
        exact = sum((Fraction(a) * Fraction(b) for a, b in pairs), sum(map(Fraction, others), Fraction(0)))
        return float(exact)
    # The product and its remainder (Dekker, 1971): together they are the exact product.
    rounded = first * second
    (a, b), (c, d) = halves(first), halves(second)
    rest = ((a * c - rounded) + a * d + b * c) + b * d
    return math.fsum([*rounded.tolist(), *rest.tolist(), *others])
