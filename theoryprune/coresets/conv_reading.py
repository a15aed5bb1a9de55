"""Readings of convolution channels as the bounds know them: two windows, and one pool between."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from theoryprune.bounds import Window, pool_gain
from theoryprune.coresets.hidden import Consumer, sums_of
from theoryprune.layers import AdaptiveAvgPool, AvgPool, Conv, Flatten, Layer, Linear, MaxPool, SpatialMean
from theoryprune.types import WeightGraph

_POOLS = MaxPool | AvgPool | AdaptiveAvgPool | SpatialMean


def why_no_conv_certificate(graph: WeightGraph, reading: tuple[Consumer, ...]) -> str:
    """Return why the consumers of a reading have no certificate for convolutions; empty if they have one."""
    sums = sums_of(reading)
    if len(sums) > 1 or not all(name for name, _ in sums[0].terms):
        return "it is a sum of several layers"
    producers = [graph.by_name[name] for name, _ in sums[0].terms]
    convs = [producer for producer in producers if isinstance(producer, Conv)]
    if len(convs) < len(producers):
        return f"'{next(p.name for p in producers if not isinstance(p, Conv))}' is no convolution"
    if len({_reach(graph, conv) for conv in convs}) > 1 or (len(convs) > 1 and any(conv.groups > 1 for conv in convs)):
        return "it is a sum of convolutions of different windows or inputs"
    for consumer in reading:
        layer = graph.by_name[consumer.layer]
        other = [step for step in consumer.units.between if not isinstance(step, _POOLS | Flatten)]
        if other:
            return f"'{other[0].name}' ({other[0].kind}) lies between the layers"
        if not isinstance(layer, Conv | Linear):
            return f"'{layer.name}' is neither linear nor a convolution"
    return ""


def convolution_of(graph: WeightGraph, reading: tuple[Consumer, ...]) -> Conv:
    """Return the convolution that writes the units of a reading, the first of a sum: all slide in one way.

    Raises
    ------
    TypeError
        If another layer does.
    """
    producer = graph.by_name[sums_of(reading)[0].terms[0][0]]
    if not isinstance(producer, Conv):
        raise TypeError(f"'{producer.name}' is no convolution")
    return producer


def conv_geometry(graph: WeightGraph, reading: tuple[Consumer, ...], consumer: Consumer) -> dict[str, Any]:
    """Return where the kernels of a reading slide: arguments of `certify_conv_layer` and of its checker.

    Parameters
    ----------
    graph : WeightGraph
    reading : tuple of Consumer
        One without objections of `why_no_conv_certificate`.
    consumer : Consumer
        Of the reading.
    """
    producer = convolution_of(graph, reading)
    layer, pools = graph.by_name[consumer.layer], [s for s in consumer.units.between if isinstance(s, _POOLS)]
    early = consumer.units.between[: consumer.units.early]
    # The bounds know one pool behind the activation; a max pool before it gives the same, an average does not.
    known = len(pools) == 1 and (isinstance(pools[0], MaxPool) or pools[0] not in early)
    return {
        "size": graph.shapes[producer.inputs[0]][1:],
        "producer": _window(producer),
        "consumer": _window(layer) if isinstance(layer, Conv) else None,
        "pool": _whole(pools[0], graph) if known else None,
        "pool_gain": 1.0 if known or not pools else _gain(pools, graph),
    }


def _reach(graph: WeightGraph, layer: Conv) -> tuple[object, ...]:
    return layer.kernel, layer.stride, layer.pads, layer.dilation, graph.shapes[layer.inputs[0]][1:]


def _window(layer: Conv) -> Window:
    return Window(layer.stride, layer.pads, layer.dilation)


def _whole(pool: Layer, graph: WeightGraph) -> Layer:
    """A mean over all positions as a pool of one cell."""
    if isinstance(pool, SpatialMean):
        positions = len(graph.shapes[pool.inputs[0]]) - 1
        return AdaptiveAvgPool(name=pool.name, inputs=pool.inputs, output_size=(1,) * positions)
    return pool


def _gain(pools: Sequence[Layer], graph: WeightGraph) -> float:
    product = math.prod(pool_gain(pool, graph.shapes[pool.inputs[0]]) for pool in pools)
    return float(np.nextafter(product * (1 + len(pools) * 2.0**-50), np.inf))
