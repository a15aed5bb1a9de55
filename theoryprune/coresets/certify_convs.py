"""The certificate of a pruned group of convolution channels, for one of its consumers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from theoryprune.bounds import ConvCertificate, Window, certify_conv_layer, pool_gain
from theoryprune.bounds.gains import Effort
from theoryprune.coresets.constant_change import constant_change
from theoryprune.coresets.consumer_weights import kernels_of
from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.coresets.hidden import Consumer, Hidden, sums_of
from theoryprune.coresets.hidden_layer import slope_of
from theoryprune.coresets.matrices import rows_of
from theoryprune.layers import AdaptiveAvgPool, AvgPool, Conv, Flatten, Layer, Linear, MaxPool, SpatialMean
from theoryprune.types import WeightGraph

_POOLS = MaxPool | AvgPool | AdaptiveAvgPool | SpatialMean


def why_no_conv_certificate(graph: WeightGraph, reading: tuple[Consumer, ...]) -> str:
    """Return why the consumers of a reading have no certificate for convolutions; empty if they have one."""
    sums = sums_of(reading)
    if len(sums) > 1 or not all(name for name, _ in sums[0].terms):
        return "it is a sum of several layers"
    producers = [graph.by_name[name] for name, _ in sums[0].terms]
    for producer in producers:
        if not isinstance(producer, Conv):
            return f"'{producer.name}' is no convolution"
    alike = {_reach(graph, producer) for producer in producers if isinstance(producer, Conv)}
    if len(alike) > 1 or (len(producers) > 1 and any(p.groups > 1 for p in producers if isinstance(p, Conv))):
        return "it is a sum of convolutions of different windows or inputs"
    for consumer in reading:
        layer, between = graph.by_name[consumer.layer], _spatial(consumer)
        other = [step for step in between if not isinstance(step, _POOLS)]
        if other:
            return f"'{other[0].name}' ({other[0].kind}) lies between the layers"
        if not isinstance(layer, Conv | Linear):
            return f"'{layer.name}' is neither linear nor a convolution"
    return ""


def certify_convs(
    before: WeightGraph,
    after: WeightGraph,
    hidden: Hidden,
    coreset: GroupCoreset,
    place: int,
    *,
    effort: Effort = "default",
    seed: int = 0,
) -> tuple[ConvCertificate, ...]:
    """Certify a pruned group of convolution channels for each consumer of a reading.

    Parameters
    ----------
    before, after, hidden, coreset, effort, seed
        As for `certify_group`.
    place : int
        Which reading, one without objections of `why_no_conv_certificate`.

    Returns
    -------
    tuple of ConvCertificate

    Notes
    -----
    Consumers with groups get zeros where they do not read. Pools between the layers count by their gains.
    """
    merging = coreset.readings[place].merging
    assignment, multipliers = (None, None) if merging is None else (merging.assignment, merging.multipliers)
    return tuple(
        certify_conv_layer(**given, assignment=assignment, multipliers=multipliers, effort=effort, seed=seed)
        for given in conv_arguments(before, after, hidden, coreset, place)
    )


def conv_arguments(
    before: WeightGraph, after: WeightGraph, hidden: Hidden, coreset: GroupCoreset, place: int
) -> tuple[dict[str, Any], ...]:
    """Return what the certificates of a reading compare: arguments of `certify_conv_layer` and of its checker.

    Parameters
    ----------
    before, after, hidden, coreset, place
        As for `certify_convs`.

    Returns
    -------
    tuple of dict
        One for each consumer. Their `offset` is the whole change of its constants, position by position: shifts behind
        the activation add less at padded borders.
    """
    reading = hidden.readings[place]
    names = [name for name, _ in sums_of(reading)[0].terms]
    producer = before.by_name[names[0]]
    if not isinstance(producer, Conv):
        raise TypeError(f"'{names[0]}' is no convolution")
    inputs = [before.shapes[before.by_name[name].inputs[0]] for name in names]
    # A sum of convolutions with one window is one convolution of their inputs stacked.
    size = (sum(shape[0] for shape in inputs), *inputs[0][1:])
    rows = rows_of(before, hidden, reading)
    found = []
    for consumer in reading:
        layer, pools = before.by_name[consumer.layer], [step for step in _spatial(consumer) if isinstance(step, _POOLS)]
        early = consumer.units.between[: consumer.units.early]
        # The bounds know one pool behind the activation; a max pool before it gives the same, an average does not.
        known = len(pools) == 1 and (isinstance(pools[0], MaxPool) or pools[0] not in early)
        old, new = (kernels_of(graph, consumer) for graph in (before, after))
        change = constant_change(before, after, consumer)
        found.append(
            {
                "V": old,
                "W": rows.weights.reshape(hidden.units, size[0], *producer.kernel),
                "kept": coreset.kept,
                "U": new[:, coreset.kept],
                "slope": slope_of(hidden, place),
                "size": size[1:],
                "producer": _window(producer),
                "consumer": _window(layer) if isinstance(layer, Conv) else None,
                "pool": _whole(pools[0], before) if known else None,
                "pool_gain": 1.0 if known or not pools else _gain(pools, before),
                "bias": rows.bias if rows.bias.any() else None,
                "offset": change,
                "kept_offset": None if change is None else np.zeros_like(change),
            }
        )
    return tuple(found)


def _spatial(consumer: Consumer) -> list[Layer]:
    """What lies between, without flattenings: they move no number."""
    return [step for step in consumer.units.between if not isinstance(step, Flatten)]


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
