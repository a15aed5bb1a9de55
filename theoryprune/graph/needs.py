"""Channels that matter: those whose value can still change an output, once constants are folded away."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch

import torch
from torch import Tensor

from theoryprune.errors import UnsupportedLayerError
from theoryprune.graph.constants import Constants, blocking, connections
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
from theoryprune.types import WeightGraph


def find_needs(graph: WeightGraph, known: Mapping[str, Constants]) -> dict[str, Tensor]:
    """Return for every record (and `INPUT`) a bool tensor (channels,): whether some reader depends on the channel.

    Notes
    -----
    One sweep from the output, whose channels are all needed. A weight layer does not need an input on which no needed
    output has a non-zero weight, nor one that is constant and can move into its bias.
    """
    needed = {name: torch.zeros_like(known[name].varying) for name in graph.shapes}
    needed[graph.output][:] = True
    for layer in reversed(graph.layers):
        for name, more in zip(
            layer.inputs, needs(layer, needed[layer.name], *(known[name] for name in layer.inputs)), strict=True
        ):
            needed[name] |= more
    return needed


@singledispatch
def needs(layer: Layer, out: Tensor, *ins: Constants) -> tuple[Tensor, ...]:
    """Return which channels of each input a layer needs for its needed outputs."""
    raise UnsupportedLayerError(f"'{layer.name}' ({layer.kind}) has no rule for needed channels")


@needs.register
def _(layer: WeightLayer, out: Tensor, *ins: Constants) -> tuple[Tensor, ...]:
    read = (connections(layer) & out.reshape(layer.groups, -1, 1)).any(1).reshape(-1)
    return (read & blocking(layer, ins[0]),)


@needs.register
def _(layer: Channelwise, out: Tensor, *ins: Constants) -> tuple[Tensor, ...]:
    return (out,)


@needs.register
def _(layer: BatchNorm, out: Tensor, *ins: Constants) -> tuple[Tensor, ...]:
    return (out & (layer.affine()[0] != 0),)


@needs.register
def _(layer: Scale, out: Tensor, *ins: Constants) -> tuple[Tensor, ...]:
    return (out if layer.divide else out & (layer.per_channel(len(out), out.device) != 0),)


@needs.register
def _(layer: Add, out: Tensor, *ins: Constants) -> tuple[Tensor, ...]:
    return (out, out)


@needs.register
def _(layer: Concat, out: Tensor, *ins: Constants) -> tuple[Tensor, ...]:
    return torch.split(out, [len(known.varying) for known in ins])


@needs.register
def _(layer: Flatten, out: Tensor, *ins: Constants) -> tuple[Tensor, ...]:
    return (out.reshape(-1, layer.features).any(1),)


@needs.register
def _(layer: ZeroPad, out: Tensor, *ins: Constants) -> tuple[Tensor, ...]:
    before, after = layer.pads[0]
    return (out[before : len(out) - after],)


@needs.register
def _(layer: Take, out: Tensor, *ins: Constants) -> tuple[Tensor, ...]:
    read = torch.zeros_like(ins[0].varying)
    read[torch.tensor(layer.index, device=out.device)[out]] = True
    return (read,)


@needs.register
def _(layer: Softmax, out: Tensor, *ins: Constants) -> tuple[Tensor, ...]:
    return (torch.ones_like(out),)
