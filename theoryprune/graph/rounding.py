"""How far rounding can take a computed flow from the true one: a bound proved from the sizes of the records."""

from __future__ import annotations

from collections import Counter
from functools import singledispatch
from math import ceil, inf, prod

import torch

from theoryprune.graph.evaluate import require_graph
from theoryprune.layers import (
    AdaptiveAvgPool,
    Add,
    AvgPool,
    BatchNorm,
    Constant,
    Layer,
    MaxPool,
    Shape,
    SpatialMean,
    Take,
    WeightLayer,
)
from theoryprune.types import INPUT, WeightGraph

_UNIT = {torch.float64: 2.0**-53, torch.float32: 2.0**-24}


@singledispatch
def terms(layer: Layer, read: Shape, written: Shape) -> int:
    """Return how many numbers `layer` sums into one entry of its output, or of its input's gradient, if that is more.

    Parameters
    ----------
    layer : Layer
    read, written : tuple of int
        Shapes per example of the first tensor that it reads, and of its output.

    Returns
    -------
    int
        0 for one that moves numbers, or takes the largest of numbers apart.
    """
    return 0


@terms.register
def _(layer: WeightLayer, read: Shape, written: Shape) -> int:
    taps = prod(layer.weight.shape[2:])
    fan_in, fan_out = layer.weight.shape[1] * taps, layer.weight.shape[0] // layer.groups * taps
    return max(fan_in + (layer.bias is not None), fan_out)


@terms.register
def _(layer: Constant, read: Shape, written: Shape) -> int:
    return 1


@terms.register
def _(layer: BatchNorm, read: Shape, written: Shape) -> int:
    return 4  # its factor is the result of a sum, a root and a product


@terms.register
def _(layer: Add, read: Shape, written: Shape) -> int:
    return 2


@terms.register
def _(layer: AvgPool, read: Shape, written: Shape) -> int:
    return prod(layer.kernel)  # an input cell lies in no more windows than a window has cells


@terms.register
def _(layer: MaxPool, read: Shape, written: Shape) -> int:
    return prod(layer.kernel)  # backward only, where windows overlap: one cell may win all that it lies in


@terms.register
def _(layer: AdaptiveAvgPool, read: Shape, written: Shape) -> int:
    sizes = list(zip(read[1:], layer.output_size, strict=True))
    return max(prod(ceil(n / m) + 1 for n, m in sizes), prod(ceil(m / n) + 1 for n, m in sizes))


@terms.register
def _(layer: SpatialMean, read: Shape, written: Shape) -> int:
    return prod(read[axis] for axis in layer.axes)


@terms.register
def _(layer: Take, read: Shape, written: Shape) -> int:
    return max(Counter(layer.index).values(), default=0)


def rounding_margin(graph: WeightGraph, dtype: torch.dtype) -> float:
    """Bound the relative error of a computed flow and of every computed score.

    Parameters
    ----------
    graph : WeightGraph
        A network or its flow network; only shapes are read.
    dtype : torch.float64 or torch.float32
        Of the arithmetic.

    Returns
    -------
    float
        gamma: what is computed lies within a factor ``1 +- gamma`` of the true value; infinite where nothing is proved.

    Raises
    ------
    TypeError, ValueError
        If `graph` is no graph, or `dtype` another one.

    Notes
    -----
    The flow network adds and multiplies non-negative numbers and takes maxima, so errors are relative and add up along
    a path: ``gamma = M u / (1 - M u)`` with the unit roundoff u and M = 2 (sum over the heaviest path of the terms of
    each record + 3) + the most positions of a layer's output + the number of outputs (Higham 2002, *Accuracy and
    Stability of Numerical Algorithms*, lemma 3.1). Where a tensor has several readers, their gradients are summed, and
    counted. Barring underflow (that of rescaled tensors is counted in `TraceRow.flushed`, that in a product is not),
    and for sums of products in `dtype`: not for convolutions by Winograd or FFT, nor for TF32. Of scores in a network
    with max pooling only as long as no window's largest cells are equal up to rounding: then either may be chosen.

    Cost: one walk over the records.

    Examples
    --------
    >>> from theoryprune.graph.extract import extract
    >>> rounding_margin(extract(torch.nn.Linear(2, 1), (2,)), torch.float64) < 2e-15
    True
    """
    require_graph(graph)
    if dtype not in _UNIT:
        raise ValueError(f"dtype must be torch.float64 or torch.float32, got {dtype}")
    product = operations(graph) * _UNIT[dtype]
    return product / (1 - product) if product < 1 else inf


def operations(graph: WeightGraph) -> int:
    """Return M of `rounding_margin`: at most how many roundings one computed score has passed through."""
    shapes = graph.shapes
    readers = Counter(name for layer in graph.layers for name in layer.inputs)
    heaviest = {INPUT: max(0, readers[INPUT] - 1)}
    for layer in graph.layers:
        own = terms(layer, shapes[layer.inputs[0]], shapes[layer.name])
        joins = max(0, readers[layer.name] - 1)
        heaviest[layer.name] = max(heaviest[name] for name in layer.inputs) + (own + 3 if own else 0) + joins
    positions = (prod(shapes[layer.name][1:]) for layer in graph.weight_layers.values())
    return 2 * heaviest[graph.output] + max(positions, default=0) + prod(shapes[graph.output])
