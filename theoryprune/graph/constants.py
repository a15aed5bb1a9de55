"""Channels that do not depend on the input: which they are, and the value they have everywhere.

A channel is *constant* if it has one and the same value at every position, for every input. Pruned neurons are:
they still emit their bias, or the shift of a batch norm, through everything up to the next weight layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch

import torch
from torch import Tensor

from theoryprune.errors import UnsupportedLayerError
from theoryprune.graph.joins import Joins
from theoryprune.layers import (
    AdaptiveAvgPool,
    Add,
    AvgPool,
    BatchNorm,
    Concat,
    Conv,
    Elementwise,
    Flatten,
    Layer,
    MaxPool,
    Scale,
    Shift,
    Slice,
    Softmax,
    SpatialMean,
    Take,
    WeightLayer,
    ZeroPad,
)
from theoryprune.types import INPUT, WeightGraph


@dataclass(frozen=True, eq=False)
class Constants:
    """What is known of one tensor's channels.

    Parameters
    ----------
    varying : bool Tensor of shape (channels,)
        Whether the channel may depend on the input or on the position.
    value : float64 Tensor of shape (channels,)
        The value of the others (0 where varying).
    """

    varying: Tensor
    value: Tensor

    @staticmethod
    def of(varying: Tensor, value: Tensor) -> Constants:
        """Build the record, with the values of varying channels blanked."""
        return Constants(varying, torch.where(varying, 0.0, value))

    @property
    def nonzero(self) -> Tensor:
        """Whether a channel may be anything but zero."""
        return self.varying | (self.value != 0)


def find_constants(graph: WeightGraph, joins: Mapping[str, Joins]) -> dict[str, Constants]:
    """Return what is known of the channels of every record (and of `INPUT`, which varies).

    Parameters
    ----------
    graph : WeightGraph
    joins : mapping of str to Joins
        From `find_joins`.

    Notes
    -----
    One sweep in float64. Sound, not complete: a channel is called constant only if that follows from zero weights,
    scales and factors, layer by layer.
    """
    channels = graph.input_shape[0]
    every = torch.ones(channels, dtype=torch.bool, device=graph.device)
    known = {INPUT: Constants.of(every, torch.zeros(channels, dtype=torch.float64, device=graph.device))}
    for layer in graph.layers:
        ins = [known[name] for name in layer.inputs]
        known[layer.name] = (
            _of_weights(layer, ins[0], joins[layer.name]) if isinstance(layer, WeightLayer) else constants(layer, *ins)
        )
    return known


@singledispatch
def constants(layer: Layer, *ins: Constants) -> Constants:
    """Return what is known of a layer's output channels, given its inputs'."""
    raise UnsupportedLayerError(f"'{layer.name}' ({layer.kind}) has no rule for constant channels")


def blocking(layer: WeightLayer, known: Constants) -> Tensor:
    """Return which inputs of a weight layer cannot be replaced by a bias: those that vary, or meet a padded border.

    A constant other than 0 beside padded zeros gives border positions another sum than inner ones.
    """
    padded = isinstance(layer, Conv) and any(a or b for a, b in layer.pads)
    return known.nonzero if padded else known.varying


def constant_part(layer: WeightLayer, value: Tensor, joins: Joins | None = None) -> Tensor:
    """Return what inputs of the given constant values (in,) add to each output (out,), in float64."""
    if not value.any() or (joins is not None and _unread(value, joins)):
        return value.new_zeros(layer.weight.shape[0])
    weight = layer.weight.to(torch.float64)
    summed = weight.flatten(2).sum(2) if weight.ndim > 2 else weight
    grouped = summed.reshape(layer.groups, -1, weight.shape[1])
    return (grouped @ value.reshape(layer.groups, -1, 1)).reshape(-1)


def _unread(value: Tensor, joins: Joins) -> bool:
    """Whether the weights that read anything but 0 are all zero (infinity times 0 is no number)."""
    return bool(value.isfinite().all()) and not bool((joins.reads.reshape(-1) & (value != 0)).any())


def _of_weights(layer: WeightLayer, known: Constants, joins: Joins) -> Constants:
    blocked = blocking(layer, known)
    value = constant_part(layer, torch.where(blocked, 0.0, known.value), joins)
    return Constants.of(joins.forward(blocked), value if layer.bias is None else value + layer.bias)


@constants.register
def _(layer: WeightLayer, *ins: Constants) -> Constants:
    return _of_weights(layer, ins[0], Joins.of(layer))


@constants.register
def _(layer: BatchNorm, *ins: Constants) -> Constants:
    scale, shift = layer.affine()
    return Constants.of(ins[0].varying & (scale != 0), scale * ins[0].value + shift)


@constants.register
def _(layer: Elementwise, *ins: Constants) -> Constants:
    return Constants.of(ins[0].varying, layer.forward(ins[0].value))


@constants.register(MaxPool)
@constants.register(AdaptiveAvgPool)
@constants.register(SpatialMean)
@constants.register(Slice)
def _(layer: Layer, *ins: Constants) -> Constants:
    return ins[0]


@constants.register
def _(layer: AvgPool, *ins: Constants) -> Constants:
    borders = any(layer.padding) and layer.count_include_pad
    if borders or layer.ceil_mode or layer.divisor_override is not None:
        return _where_zero(ins[0])
    return ins[0]


def _where_zero(known: Constants) -> Constants:
    """Only channels that are zero stay constant."""
    return Constants.of(known.nonzero, known.value)


@constants.register
def _(layer: Scale, *ins: Constants) -> Constants:
    factor = layer.per_channel(len(ins[0].varying), ins[0].varying.device)
    factor = factor.reciprocal() if layer.divide else factor
    return Constants.of(ins[0].varying & (factor != 0), ins[0].value * factor)


@constants.register
def _(layer: Shift, *ins: Constants) -> Constants:
    offset = layer.per_channel(len(ins[0].varying), ins[0].varying.device)
    return Constants.of(ins[0].varying, ins[0].value + layer.alpha * offset)


@constants.register
def _(layer: Add, *ins: Constants) -> Constants:
    first, second = ins
    return Constants.of(first.varying | second.varying, first.value + layer.alpha * second.value)


@constants.register
def _(layer: Concat, *ins: Constants) -> Constants:
    return Constants(torch.cat([known.varying for known in ins]), torch.cat([known.value for known in ins]))


@constants.register
def _(layer: Flatten, *ins: Constants) -> Constants:
    (known,) = ins
    return Constants(known.varying.repeat_interleave(layer.features), known.value.repeat_interleave(layer.features))


@constants.register
def _(layer: ZeroPad, *ins: Constants) -> Constants:
    known = _where_zero(ins[0]) if any(a or b for a, b in layer.pads[1:]) else ins[0]
    pad = torch.nn.functional.pad
    return Constants(pad(known.varying, layer.pads[0]), pad(known.value, layer.pads[0]))


@constants.register
def _(layer: Take, *ins: Constants) -> Constants:
    index = torch.tensor(layer.index, device=ins[0].value.device)
    return Constants(ins[0].varying[index], ins[0].value[index])


@constants.register
def _(layer: Softmax, *ins: Constants) -> Constants:
    (known,) = ins
    return Constants.of(known.varying.any().expand_as(known.varying), layer.forward(known.value[None])[0])
