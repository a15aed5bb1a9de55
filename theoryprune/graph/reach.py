"""Which channels an input can reach, and which can reach an output, over weights that are not zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch

import torch
from torch import Tensor

from theoryprune.errors import UnsupportedLayerError
from theoryprune.graph.evaluate import require_values
from theoryprune.graph.joins import Joins, find_joins
from theoryprune.layers import (
    Add,
    BatchNorm,
    Channelwise,
    Concat,
    Flatten,
    Layer,
    Scale,
    Softmax,
    Take,
    WeightLayer,
    ZeroPad,
)
from theoryprune.types import INPUT, WeightGraph


@singledispatch
def reach(layer: Layer, *live: Tensor) -> Tensor:
    """Return which output channels of `layer` read a live input channel.

    Parameters
    ----------
    layer : Layer
    *live : Tensor of bool, shape (channels,)
        One for each tensor that the layer reads.

    Returns
    -------
    Tensor of bool, shape (output channels,)
    """
    raise UnsupportedLayerError(f"'{layer.name}' ({layer.kind}): no rule says which channels reach which (reach)")


@singledispatch
def reach_back(layer: Layer, wanted: Tensor, *channels: int) -> tuple[Tensor, ...]:
    """Return, for each tensor that `layer` reads, which channels are read by a wanted output channel.

    Parameters
    ----------
    layer : Layer
    wanted : Tensor of bool, shape (output channels,)
    *channels : int
        Number of channels of each tensor that the layer reads.

    Returns
    -------
    tuple of Tensor of bool, each of shape (channels,)
    """
    raise UnsupportedLayerError(f"'{layer.name}' ({layer.kind}): no rule says which channels reach which (reach_back)")


@reach.register
def _(layer: WeightLayer, *live: Tensor) -> Tensor:
    return Joins.of(layer).forward(live[0])


@reach_back.register
def _(layer: WeightLayer, wanted: Tensor, *channels: int) -> tuple[Tensor, ...]:
    return (Joins.of(layer).back(wanted),)


@reach.register(Channelwise)
@reach.register(Softmax)
def _(layer: Layer, *live: Tensor) -> Tensor:
    return live[0]


@reach_back.register(Channelwise)
@reach_back.register(Softmax)
def _(layer: Layer, wanted: Tensor, *channels: int) -> tuple[Tensor, ...]:
    return (wanted,)


def _factor(layer: BatchNorm | Scale, channels: int, device: torch.device) -> Tensor:
    """Whether the factor of each channel is not zero."""
    return (layer.affine()[0] if isinstance(layer, BatchNorm) else layer.per_channel(channels, device)) != 0


@reach.register(BatchNorm)
@reach.register(Scale)
def _(layer: BatchNorm | Scale, *live: Tensor) -> Tensor:
    return live[0] & _factor(layer, len(live[0]), live[0].device)


@reach_back.register(BatchNorm)
@reach_back.register(Scale)
def _(layer: BatchNorm | Scale, wanted: Tensor, *channels: int) -> tuple[Tensor, ...]:
    return (wanted & _factor(layer, len(wanted), wanted.device),)


@reach.register
def _(layer: Add, *live: Tensor) -> Tensor:
    return live[0] | live[1] if layer.alpha else live[0]


@reach_back.register
def _(layer: Add, wanted: Tensor, *channels: int) -> tuple[Tensor, ...]:
    return wanted, wanted if layer.alpha else torch.zeros_like(wanted)


@reach.register
def _(layer: Concat, *live: Tensor) -> Tensor:
    return torch.cat(live)


@reach_back.register
def _(layer: Concat, wanted: Tensor, *channels: int) -> tuple[Tensor, ...]:
    return torch.split(wanted, list(channels))


@reach.register
def _(layer: Flatten, *live: Tensor) -> Tensor:
    return live[0].repeat_interleave(layer.features)


@reach_back.register
def _(layer: Flatten, wanted: Tensor, *channels: int) -> tuple[Tensor, ...]:
    return (wanted.reshape(-1, layer.features).any(1),)


@reach.register
def _(layer: ZeroPad, *live: Tensor) -> Tensor:
    before, after = layer.pads[0]
    return torch.cat([live[0].new_zeros(before), live[0], live[0].new_zeros(after)])


@reach_back.register
def _(layer: ZeroPad, wanted: Tensor, *channels: int) -> tuple[Tensor, ...]:
    return (wanted[layer.pads[0][0] :][: channels[0]],)


@reach.register
def _(layer: Take, *live: Tensor) -> Tensor:
    return live[0][list(layer.index)]


@reach_back.register
def _(layer: Take, wanted: Tensor, *channels: int) -> tuple[Tensor, ...]:
    read = wanted.new_zeros(channels[0])
    read[[c for c, used in zip(layer.index, wanted.tolist(), strict=True) if used]] = True
    return (read,)


@dataclass(frozen=True, eq=False)
class Reach:
    """The result of the two sweeps, tensor by tensor.

    Parameters
    ----------
    from_input, to_output : dict of str to Tensor of bool, shape (channels,)
        For each record and `INPUT`: the channels that an input channel reaches, and those that reach an output
        channel. A channel is alive if it is both.
    """

    from_input: dict[str, Tensor]
    to_output: dict[str, Tensor]


def sweep(graph: WeightGraph) -> Reach:
    """Follow the non-zero weights of `graph` from the input forward and from the output backward.

    Notes
    -----
    Per tensor and not per channel group: a live channel may be added to a dead one. Biases, shifts and means start no
    path. Channel-level reachability is necessary for a flow and not sufficient: on a small map a kernel's tap may read
    nothing but padding. Cost: one comparison of every weight with zero.
    """
    require_values(graph, "reach")
    joins = find_joins(graph)
    backward = {
        name: torch.zeros(shape[0], dtype=torch.bool, device=graph.device) for name, shape in graph.shapes.items()
    }
    backward[graph.output] = torch.ones_like(backward[graph.output])
    for layer in reversed(graph.layers):
        channels = (graph.shapes[name][0] for name in layer.inputs)
        read = back_along(joins, layer, backward[layer.name], *channels)
        for name, channel in zip(layer.inputs, read, strict=True):
            backward[name] = backward[name] | channel
    return Reach(reached(graph, joins), backward)


def reached(graph: WeightGraph, joins: Mapping[str, Joins]) -> dict[str, Tensor]:
    """Return `Reach.from_input` alone, of a graph whose joins are known."""
    forward = {INPUT: torch.ones(graph.input_shape[0], dtype=torch.bool, device=graph.device)}
    for layer in graph.layers:
        live = (forward[name] for name in layer.inputs)
        forward[layer.name] = joins[layer.name].forward(*live) if layer.name in joins else reach(layer, *live)
    return forward


def back_along(joins: Mapping[str, Joins], layer: Layer, wanted: Tensor, *channels: int) -> tuple[Tensor, ...]:
    """`reach_back` by joins that are known."""
    if layer.name in joins:
        return (joins[layer.name].back(wanted),)
    return reach_back(layer, wanted, *channels)


def effective_weights(graph: WeightGraph) -> dict[str, Tensor]:
    """Return which weights lie on an input-output path, by weight name, each of its weight's shape.

    Notes
    -----
    A weight counts if it is not zero, an input reaches the channel it reads, and the channel it writes reaches an
    output.
    """
    live = sweep(graph)
    effective = {}
    for name, layer in graph.weight_layers.items():
        source = live.from_input[layer.inputs[0]].reshape(layer.groups, 1, -1)
        target = live.to_output[layer.name].reshape(layer.groups, -1, 1)
        ends = (source & target).reshape(*layer.weight.shape[:2], *(1 for _ in layer.weight.shape[2:]))
        effective[name] = (layer.weight != 0) & ends
    return effective
