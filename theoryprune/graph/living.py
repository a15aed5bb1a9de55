"""A flow network without the channels that have died."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from math import prod

import torch
from torch import Tensor

from theoryprune.errors import LayerCollapseError
from theoryprune.graph.compact import compact_once, refuse_collapse
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
    a pass over the weights; memory for a number per pair of channels.
    """
    blocks = _blocks(network)
    joined = {name: _joined(layer, blocks.get(layer.inputs[0], 1)) for name, layer in network.weight_layers.items()}
    single = replace(network, layers=tuple(_single_tap(layer, network, joined, blocks) for layer in network.layers))
    try:
        refuse_collapse(single)
    except LayerCollapseError:
        return network, {}
    small = compact_once(single)
    moved = dict.fromkeys(network.order, Moved.nowhere(network.device))
    layers = []
    for layer in small.layers:
        old = network.by_name.get(layer.name)  # None: a factor that was in the sum which it replaces
        if isinstance(layer, WeightLayer) and isinstance(old, WeightLayer):
            layer, moved[old.weight_name] = _shaped(old, layer, joined[old.weight_name].shape[1])
        elif isinstance(layer, Flatten) and isinstance(old, Flatten):
            layer = replace(old, inputs=layer.inputs)
        layers.append(layer)
    return replace(small, layers=tuple(layers)), moved


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Joins(Conv):
    """A convolution of which only the joined channels matter, with the positions of the real one."""

    positions: Shape

    def shape(self, *shapes: Shape) -> Shape:
        return (self.weight.shape[0], *self.positions)


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
    """Return 1 plus the number of each pair of joined channels, 0 for pairs that are not, of shape (out, in)."""
    outputs, inputs = layer.weight.shape[0], layer.weight.shape[1] // block
    alive = layer.weight.view(outputs, inputs, -1).amax(2) > 0
    exact = torch.float32 if alive.numel() < 2**24 else torch.float64
    return torch.arange(1, alive.numel() + 1, dtype=exact, device=alive.device).view(alive.shape).mul_(alive)


def _single_tap(layer: Layer, network: WeightGraph, joined: dict[str, Tensor], blocks: dict[str, int]) -> Layer:
    if isinstance(layer, Flatten) and layer.name in blocks:
        return _Channels(name=layer.name, inputs=layer.inputs, start=layer.start, end=layer.end)
    if not isinstance(layer, WeightLayer):
        return layer
    labels = joined[layer.weight_name]
    if not isinstance(layer, Conv):
        return replace(layer, weight=labels)
    return _Joins(
        name=layer.name,
        inputs=layer.inputs,
        names=layer.names,
        weight=labels.view(*labels.shape, *(1 for _ in layer.kernel)),
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
        group_count=layer.group_count,
        positions=network.shapes[layer.name][1:],
    )


def _shaped(old: WeightLayer, small: WeightLayer, inputs: int) -> tuple[WeightLayer, Moved]:
    """Return the small layer in the shape that its weight will have, and where that comes from."""
    labels = small.weight.flatten(1)
    width = old.weight[0].numel() // inputs
    moved = Moved.from_labels(labels, small.groups, (len(old.weight), inputs, old.groups), width)
    kernel = old.kernel if isinstance(old, Conv) else ()
    shape = (len(labels), len(moved) * width // (len(labels) * prod(kernel)), *kernel)
    layer = replace(old, inputs=small.inputs, weight=old.weight.new_zeros(()).expand(shape))
    return replace(layer, group_count=small.groups) if isinstance(layer, Conv) else layer, moved
