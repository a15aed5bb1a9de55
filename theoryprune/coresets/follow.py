"""What each kind of layer does to the units of a channel group."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

import numpy as np
import torch

from theoryprune.coresets.moments import varies
from theoryprune.coresets.places import per_unit
from theoryprune.coresets.units import Law, Units, weaker
from theoryprune.geometry.arguments import Floats, Indices
from theoryprune.layers import (
    Add,
    BatchNorm,
    Concat,
    Elementwise,
    Hardtanh,
    Layer,
    LeakyReLU,
    MaxPool,
    ReLU,
    Scale,
    Shift,
    Softmax,
    Take,
    Tanh,
    ZeroPad,
)


@singledispatch
def follow(layer: Layer, channels: Indices, *ins: Units) -> Units:
    """Return what the layer's output holds of a group's units, given what its inputs hold.

    Parameters
    ----------
    layer : Layer
        No weight layer.
    channels : ndarray of int, shape (n,)
        For each unit a channel of the output that holds it, -1 where there is none.
    *ins : Units
        Those inputs that hold any.

    Notes
    -----
    The default is for layers that treat every channel alike, space by space: pools, slices, reshapes.
    """
    (units,) = ins
    if varies(layer, units.offset):
        return refused(units, f"a shift before the borders of '{layer.name}'")
    if isinstance(layer, MaxPool) and (units.scale < 0).any():
        return refused(units, f"a negative scale before the max pool '{layer.name}'")
    return replace(units, between=(*units.between, layer))


def refused(units: Units, reason: str) -> Units:
    """Return the units as functions of which nothing is known, factors and shifts so far included."""
    one, zero = np.ones_like(units.scale), np.zeros_like(units.offset)
    first = units.reason if units.law == "none" else reason
    return replace(units, law="none", reason=first, scale=one, offset=zero)


def _affine(units: Units, scale: Floats, shift: Floats) -> Units:
    if units.linear:
        for layer in units.between:  # rows stand before them
            if isinstance(layer, MaxPool) and (scale < 0).any():
                return refused(units, f"a negative scale behind the max pool '{layer.name}'")
            if varies(layer, shift):
                return refused(units, f"a shift behind the borders of '{layer.name}'")
        return replace(units, parts=tuple(part.affine(scale, shift) for part in units.parts))
    return replace(units, scale=scale * units.scale, offset=scale * units.offset + shift)


@follow.register
def _(layer: BatchNorm, channels: Indices, *ins: Units) -> Units:
    scale, shift = layer.affine()
    units = _affine(ins[0], per_unit(scale, channels, 1.0), per_unit(shift, channels, 0.0))
    if not units.linear:
        return units
    zero, one = torch.zeros_like(layer.running_mean), torch.ones_like(layer.running_mean)
    mean = per_unit(zero if layer.bias is None else layer.bias, channels, 0.0)
    deviation = np.abs(per_unit(one if layer.weight is None else layer.weight, channels, 0.0))
    return replace(units, parts=tuple(part.told(mean, deviation) for part in units.parts))


@follow.register
def _(layer: Scale, channels: Indices, *ins: Units) -> Units:
    factor = layer.per_channel(int(channels.max()) + 1, torch.device("cpu"))
    found = per_unit(factor.reciprocal() if layer.divide else factor, channels, 1.0)
    return _affine(ins[0], found, np.zeros_like(found))


@follow.register
def _(layer: Shift, channels: Indices, *ins: Units) -> Units:
    found = per_unit(layer.alpha * layer.per_channel(int(channels.max()) + 1, torch.device("cpu")), channels, 0.0)
    return _affine(ins[0], np.ones_like(found), found)


@follow.register
def _(layer: Elementwise, channels: Indices, *ins: Units) -> Units:
    (units,) = ins
    law, reason = law_of(layer)
    if units.law == "none":
        return refused(units, units.reason)
    if units.linear:
        return replace(units, law=law, reason=reason, activation=layer, early=len(units.between))
    if units.offset.any() or (units.scale <= 0).any():
        return refused(units, f"a scale or shift of its own for each channel before '{layer.name}'")
    if law != "homogeneous" and not units.plain:
        return refused(units, f"a scale of its own for each channel before '{layer.name}' ({layer.kind})")
    if law == "none" or units.law == "homogeneous":
        units = replace(units, law=law, reason=reason)
    return replace(units, activation=None, stream=True)


def law_of(layer: Elementwise) -> tuple[Law, str]:
    """Return which multiples of a row commute with an activation, and why not all do."""
    if isinstance(layer, ReLU) or (isinstance(layer, LeakyReLU) and 0 <= layer.slope <= 1):
        return "homogeneous", ""
    if isinstance(layer, Tanh) or (isinstance(layer, Hardtanh) and layer.low <= 0 <= layer.high):
        return "copies", f"{layer.kind} ('{layer.name}') commutes with no factor but 0 and 1"
    return "none", f"{layer.kind} ('{layer.name}') has no slopes between 0 and 1 through the origin"


@follow.register
def _(layer: Add, channels: Indices, *ins: Units) -> Units:
    first, second = ins
    if first.linear and second.linear and not first.between and not second.between:
        other = second.parts[0].affine(np.full_like(second.offset, layer.alpha), np.zeros_like(second.offset))
        law, reason = weaker(first, second)
        return replace(first, parts=(first.parts[0].plus(other),), law=law, reason=reason)
    if not (first.plain and second.plain):
        return refused(first, f"a scale or shift of its own for each channel before the sum '{layer.name}'")
    law, reason = weaker(first, second)
    parts = first.parts + tuple(part for part in second.parts if part not in first.parts)
    return replace(first, parts=parts, law=law, reason=reason, activation=None, stream=True, between=())


@follow.register
def _(layer: Concat, channels: Indices, *ins: Units) -> Units:
    if any(units is not ins[0] for units in ins):
        return refused(ins[0], f"the concatenation '{layer.name}' holds the channels in two forms")
    return ins[0]


@follow.register
def _(layer: Take, channels: Indices, *ins: Units) -> Units:
    return ins[0]


@follow.register
def _(layer: ZeroPad, channels: Indices, *ins: Units) -> Units:
    (units,) = ins
    if not any(before or after for before, after in layer.pads[1:]):
        return units
    if units.offset.any():
        return refused(units, f"a shift before the borders of '{layer.name}'")
    return replace(units, between=(*units.between, layer))


@follow.register
def _(layer: Softmax, channels: Indices, *ins: Units) -> Units:
    return refused(ins[0], f"softmax ('{layer.name}') mixes the channels")
