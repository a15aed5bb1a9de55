"""The hidden layers of a network, one for each channel group."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from theoryprune.coresets.follow import follow, refused
from theoryprune.coresets.hidden import Consumer, Hidden
from theoryprune.coresets.moments import moments_behind
from theoryprune.coresets.places import even_blocks, first_channels, unit_numbers, unit_places
from theoryprune.coresets.units import LAWS, Units, produced
from theoryprune.geometry.arguments import Indices
from theoryprune.graph.channels import ChannelMap, channel_groups, channel_map
from theoryprune.layers import Conv, Layer, WeightLayer
from theoryprune.types import ChannelGroup, WeightGraph


def hidden_groups(graph: WeightGraph) -> tuple[Hidden, ...]:
    """Return every channel group that is neither the network's input nor its output, as a hidden layer.

    Parameters
    ----------
    graph : WeightGraph

    Returns
    -------
    tuple of Hidden
        In the order of the first layers that write them.

    Raises
    ------
    TypeError
        If `graph` is no weight graph.

    Notes
    -----
    The graph is followed from the producers on: batch norms, factors and shifts before the activation fold into the
    rows, those after it into the columns; sums of producers concatenate rows; pools, slices and flattenings treat all
    channels alike. A group read through different batch norms has several readings, each with rows of its own.
    Values other than those of batch norms and constants are not looked at. Cost: groups times records.
    """
    groups, chart = channel_groups(graph), channel_map(graph)
    return tuple(_hidden(graph, group, chart) for group in groups if group.removable)


@dataclass(eq=False)
class _Walk:
    """What was met of a group on the way from the input."""

    held: dict[str, Units] = field(default_factory=dict)
    after: set[str] = field(default_factory=set)
    producers: dict[str, Indices] = field(default_factory=dict)
    consumers: list[Consumer] = field(default_factory=list)
    stream: bool = False


def _hidden(graph: WeightGraph, group: ChannelGroup, chart: ChannelMap) -> Hidden:
    number, met = unit_numbers(graph, group, chart), _Walk()
    for layer in graph.layers:
        written = number[chart.atoms[layer.name]]
        ins = [met.held[name] for name in layer.inputs if name in met.held]
        depends = not met.after.isdisjoint(layer.inputs)
        if isinstance(layer, WeightLayer):
            _meet(met, layer, written, number[chart.of_inputs(layer)[0]], ins, depends, group.size)
        elif (written >= 0).any():
            met.held[layer.name] = _behind(layer, first_channels(written, group.size), ins)
        if depends or layer.name in met.held:
            met.after.add(layer.name)
    return _record(graph, group, met)


def _behind(layer: Layer, channels: Indices, ins: list[Units]) -> Units:
    """What a layer without weights makes of the units, and what is told of them."""
    if not ins:
        return produced("", np.zeros(len(channels)))
    return replace(follow(layer, channels, *ins), told=moments_behind(layer, channels, *(units.told for units in ins)))


def _meet(
    met: _Walk, layer: WeightLayer, written: Indices, read: Indices, ins: list[Units], depends: bool, size: int
) -> None:
    """Note a weight layer that reads or writes the group."""
    through = isinstance(layer, Conv) and layer.depthwise and bool(ins)
    if ins and not through:
        met.consumers.append(Consumer(layer.name, ins[0], unit_places(read, size)))
    if not (written >= 0).any():
        return
    met.producers[layer.name] = unit_places(written, size)
    there = (np.bincount(written[written >= 0], minlength=size) > 0).astype(np.float64)
    units = produced(layer.name, there)
    if through:
        both = Units(
            (*ins[0].parts, *units.parts), ins[0].law, ins[0].reason, None, True, (), units.scale, units.offset
        )
        units = refused(both, f"depthwise ('{layer.name}' filters each channel by itself)")
    met.held[layer.name] = units
    met.stream = met.stream or (depends and not through)


def _record(graph: WeightGraph, group: ChannelGroup, met: _Walk) -> Hidden:
    consumers = met.consumers
    weakest = max((c.units for c in consumers), key=lambda units: LAWS.index(units.law))
    uneven = [name for name, places in met.producers.items() if not places.shape[1]]
    uneven += [consumer.layer for consumer in consumers if not consumer.columns.shape[1]]
    blocks, refusal = np.zeros(group.size, dtype=np.int64), ""
    if uneven:
        refusal = f"'{uneven[0]}' holds more channels of some of its units than of others"
    else:
        read = [(consumer.layer, consumer.columns) for consumer in consumers]
        blocks, refusal = even_blocks(graph, met.producers.items(), read, group.size)
    readings = _readings(consumers)
    return Hidden(group, met.producers, readings, weakest.law, weakest.reason, met.stream, blocks, refusal)


def _readings(consumers: list[Consumer]) -> tuple[tuple[Consumer, ...], ...]:
    """Put consumers together that read one function; all of them where activations are summed."""
    if any(consumer.units.stream for consumer in consumers):
        return (tuple(consumers),)
    together: dict[tuple[int, ...], list[Consumer]] = {}
    for consumer in consumers:
        key = (*consumer.units.parts, consumer.units.activation)
        together.setdefault(tuple(map(id, key)), []).append(consumer)
    return tuple(map(tuple, together.values()))
