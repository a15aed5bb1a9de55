"""Means and variances of every channel, as batch norms tell them: what a layer reads, without data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

import numpy as np
from scipy.special import ndtr

from theoryprune.coresets.hidden import Consumer, sums_of
from theoryprune.coresets.matrices import as_array
from theoryprune.geometry.arguments import Floats
from theoryprune.layers import (
    Add,
    BatchNorm,
    Concat,
    Flatten,
    Layer,
    LeakyReLU,
    ReLU,
    Slice,
    Take,
    WeightLayer,
    ZeroPad,
)
from theoryprune.types import WeightGraph


@dataclass(frozen=True, eq=False)
class Moments:
    """Means and variances, one of each for every channel (or column) of a tensor.

    Parameters
    ----------
    mean, variance : ndarray, shape (channels,)
    """

    mean: Floats
    variance: Floats


def tensor_moments(graph: WeightGraph) -> dict[str, Moments]:
    """Return the moments of the tensors of which batch norms tell them.

    Parameters
    ----------
    graph : WeightGraph

    Returns
    -------
    dict of str to Moments
        By the names of records; those not in it are unknown.

    Notes
    -----
    A batch norm gives mean beta and variance gamma^2, those of its training. From there on channels and summands count
    as independent and Gaussian: a rectifier makes of N(m, s^2) what it makes of a Gaussian, a sum adds means and
    variances. A model of the inputs, not a bound. Cost: one pass over the channels.
    """
    known: dict[str, Moments] = {}
    for layer in graph.layers:
        ins = [known.get(name) for name in layer.inputs]
        if isinstance(layer, BatchNorm):
            known[layer.name] = _normalised(layer)
        elif all(ins) and ins:
            found = moments(layer, *(one for one in ins if one is not None))
            if found is not None:
                known[layer.name] = found
    return known


def _normalised(layer: BatchNorm) -> Moments:
    ones = np.ones(len(layer.running_mean))
    gamma = ones if layer.weight is None else as_array(layer.weight)
    return Moments(0 * ones if layer.bias is None else as_array(layer.bias), gamma**2)


@singledispatch
def moments(layer: Layer, *ins: Moments) -> Moments | None:
    """Return the moments of a layer's output, given those of its inputs; None where the layer has no rule."""
    return None


@moments.register(ReLU)
@moments.register(LeakyReLU)
def _(layer: ReLU | LeakyReLU, *ins: Moments) -> Moments:
    slope = layer.slope if isinstance(layer, LeakyReLU) else 0.0
    mean, deviation = ins[0].mean, np.sqrt(ins[0].variance)
    above, square_above = _rectified(mean, deviation)
    below, square_below = _rectified(-mean, deviation)
    first = above - slope * below
    return Moments(first, np.maximum(square_above + slope**2 * square_below - first**2, 0.0))


def _rectified(mean: Floats, deviation: Floats) -> tuple[Floats, Floats]:
    """Return the mean of ``max(t, 0)`` and of its square for ``t ~ N(mean, deviation^2)``."""
    ratio = np.divide(mean, deviation, out=np.where(mean > 0, 40.0, -40.0), where=deviation > 0)
    ratio = np.clip(ratio, -40, 40)  # beyond, the tails are 0 in float64, and squares might overflow
    share, density = ndtr(ratio), np.exp(-0.5 * ratio**2) / np.sqrt(2 * np.pi)
    first = mean * share + deviation * density
    return first, (mean**2 + deviation**2) * share + mean * deviation * density


@moments.register
def _(layer: Add, *ins: Moments) -> Moments:
    first, second = ins
    return Moments(first.mean + layer.alpha * second.mean, first.variance + layer.alpha**2 * second.variance)


@moments.register
def _(layer: Concat, *ins: Moments) -> Moments:
    return Moments(np.concatenate([one.mean for one in ins]), np.concatenate([one.variance for one in ins]))


@moments.register
def _(layer: Flatten, *ins: Moments) -> Moments:
    return Moments(np.repeat(ins[0].mean, layer.features), np.repeat(ins[0].variance, layer.features))


@moments.register
def _(layer: Slice, *ins: Moments) -> Moments:
    return ins[0]


@moments.register
def _(layer: Take, *ins: Moments) -> Moments:
    return Moments(ins[0].mean[list(layer.index)], ins[0].variance[list(layer.index)])


@moments.register
def _(layer: ZeroPad, *ins: Moments) -> Moments | None:
    if any(before or after for before, after in layer.pads[1:]):
        return None
    return Moments(np.pad(ins[0].mean, layer.pads[0]), np.pad(ins[0].variance, layer.pads[0]))


def row_moments(
    graph: WeightGraph, reading: tuple[Consumer, ...], known: dict[str, Moments], *, bias: bool
) -> Moments | None:
    """Return the moments of what the rows of a reading are multiplied by; None where they are not known.

    Parameters
    ----------
    graph : WeightGraph
    reading : tuple of Consumer
    known : dict of str to Moments
        Of the tensors of the graph.
    bias : bool
        Whether the rows have a last column for it, multiplied by 1.
    """
    sums = sums_of(reading)
    if len(sums) > 1:
        return None
    means, variances = [], []
    for name, _ in sums[0].terms:
        layer = graph.by_name[name]
        found = known.get(layer.inputs[0])
        if found is None or not isinstance(layer, WeightLayer):
            return None
        taps = layer.weight[0, 0].numel()
        means.append(np.repeat(found.mean, taps))
        variances.append(np.repeat(found.variance, taps))
    return Moments(np.concatenate([*means, np.ones(int(bias))]), np.concatenate([*variances, np.zeros(int(bias))]))
