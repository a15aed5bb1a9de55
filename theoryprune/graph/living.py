"""A flow network without the channels that have died."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from math import prod
from typing import Self

import torch
from torch import Tensor

from theoryprune.errors import LayerCollapseError
from theoryprune.graph.compact import compact_once, refuse_collapse
from theoryprune.graph.joins import find_joins
from theoryprune.graph.moved import Moved
from theoryprune.layers import Conv, Flatten, Layer, Linear, Shape, WeightLayer
from theoryprune.types import WeightGraph


def living_network(network: WeightGraph) -> tuple[WeightGraph, dict[str, Moved]]:
    """Drop the channels through which no flow runs.

    Parameters
    ----------
    network : WeightGraph
        A flow network without offsets.

    Returns
    -------
    WeightGraph
        The smaller network, whose weights have their shapes but no memory of their own: nothing is copied. `network`
        itself if no flow is left at all.
    dict of str to Moved
        For each weight of `network` where the entries of its smaller tensor are. Nothing at all if no flow is left.

    Notes
    -----
    A channel through which no flow runs contributes zeros, so this is exact: it removes terms that are zero from sums.
    In floating point the other terms are then added in another order, which changes last bits. `compact_once` decides,
    on a network of single taps: whether two channels are joined is all that it asks of a weight. Cost: about
    a pass over the weights; memory for a flag per pair of channels.
    """
    blocks = _blocks(network)
    joined = {name: _joined(layer, blocks.get(layer.inputs[0], 1)) for name, layer in network.weight_layers.items()}
    taps = tuple(_single_tap(layer, network, joined, blocks) for layer in network.layers)
    single = replace(network, layers=taps, origin=None)
    joins = find_joins(single)
    try:
        refuse_collapse(single, joins)
    except LayerCollapseError:
        return network, {}
    small = compact_once(single, joins)
    moved = dict.fromkeys(network.order, Moved.nowhere(network.device))
    layers = []
    for layer in small.layers:
        old = network.by_name.get(layer.name)  # None: a factor that was in the sum which it replaces
        if isinstance(layer, _Joins) and isinstance(old, WeightLayer):
            layer, moved[old.weight_name] = _shaped(old, layer, joined[old.weight_name].shape[1])
        elif isinstance(layer, Flatten) and isinstance(old, Flatten):
            layer = replace(old, inputs=layer.inputs)
        layers.append(layer)
    return replace(small, layers=tuple(layers)), moved


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Joins(Conv):
    """A weight layer of which only the joined channels matter (`weight`: bool), with the positions of the real one.

    It remembers which channels were taken of it: (outputs, inputs).
    """

    positions: Shape
    taken: tuple[Tensor, Tensor]

    def shape(self, *shapes: Shape) -> Shape:
        return (self.weight.shape[0], *self.positions)

    def select(self, out: Tensor, *ins: Tensor) -> Self:
        device = self.weight.device
        return replace(super().select(out, *ins), taken=(out.to(device), ins[0].to(device)))


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Channels(Flatten):
    """A flattening of which only the channels matter."""

    def shape(self, *shapes: Shape) -> Shape:
        return (shapes[0][0],)


def _blocks(network: WeightGraph) -> dict[str, int]:
    """Return how many features of a flattened map belong to one channel, where only linear layers read it."""
    readers = Counter(name for layer in network.layers for name in layer.inputs if not isinstance(layer, Linear))
    readers[network.output] += 1
    flats = (layer for layer in network.layers if isinstance(layer, Flatten))
    return {layer.name: layer.features for layer in flats if layer.features > 1 and not readers[layer.name]}


def _joined(layer: WeightLayer, block: int) -> Tensor:
    """Return which channels are joined, of shape (out, in): bool."""
    outputs, inputs = layer.weight.shape[0], layer.weight.shape[1] // block
    return layer.weight.view(outputs, inputs, -1).amax(2) > 0


def _single_tap(layer: Layer, network: WeightGraph, joined: dict[str, Tensor], blocks: dict[str, int]) -> Layer:
    if isinstance(layer, Flatten) and layer.name in blocks:
        return _Channels(name=layer.name, inputs=layer.inputs, start=layer.start, end=layer.end)
    if not isinstance(layer, WeightLayer):
        return layer
    weight = joined[layer.weight_name]
    outputs, inputs = weight.shape[0], weight.shape[1] * layer.groups
    return _Joins(
        name=layer.name,
        inputs=layer.inputs,
        names=layer.names,
        weight=weight,
        stride=(),
        padding=(),
        dilation=(),
        group_count=layer.groups,
        positions=network.shapes[layer.name][1:],
        taken=(torch.arange(outputs, device=weight.device), torch.arange(inputs, device=weight.device)),
    )


def _shaped(old: WeightLayer, small: _Joins, inputs: int) -> tuple[WeightLayer, Moved]:
    """Return the small layer in the shape that its weight will have, and where that comes from."""
    outputs, read = small.taken
    width = old.weight[0].numel() // inputs
    before = len(old.weight), inputs, old.groups
    moved = Moved(outputs, (read % inputs).view(small.groups, -1), before, width)
    kernel = old.kernel if isinstance(old, Conv) else ()
    shape = (len(outputs), len(moved) * width // (len(outputs) * prod(kernel)), *kernel)
    layer = replace(old, inputs=small.inputs, weight=old.weight.new_zeros(()).expand(shape))
    return replace(layer, group_count=small.groups) if isinstance(layer, Conv) else layer, moved
