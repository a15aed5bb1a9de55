"""Mean and deviation of what tensors hold of the units of a group, as batch norms tell them: layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

import numpy as np
import torch

from theoryprune.coresets.activation_moments import activation_moments
from theoryprune.coresets.places import per_unit
from theoryprune.geometry.arguments import Floats, Indices
from theoryprune.graph.constants import Constants, constants
from theoryprune.layers import (
    Add,
    BatchNorm,
    Concat,
    Elementwise,
    Flatten,
    Layer,
    MaxPool,
    Scale,
    Shift,
    Slice,
    Softmax,
    Take,
)


@dataclass(frozen=True, eq=False)
class Moments:
    """What batch norms tell of each unit in one tensor.

    Parameters
    ----------
    mean : ndarray, shape (n,)
    deviation : ndarray, shape (n,), or None
        None behind averages, which leave the mean and an unknown part of the deviation.
    """

    mean: Floats
    deviation: Floats | None


def varies(layer: Layer, shift: Floats) -> bool:
    """Return whether a shift of each channel is no such shift any more behind a layer: at its borders."""
    return bool(
        shift.any()
        and constants(layer, Constants(torch.zeros(len(shift), dtype=torch.bool), torch.as_tensor(shift))).varying.any()
    )


@singledispatch
def moments_behind(layer: Layer, channels: Indices, *ins: Moments | None) -> Moments | None:
    """Return what is told of the units behind a layer, given what is told before it; None if nothing.

    Parameters
    ----------
    layer : Layer
        No weight layer.
    channels : ndarray of int, shape (n,)
        For each unit a channel of the output that holds it, -1 where there is none.
    *ins : Moments or None
        Of those inputs that hold any.

    Notes
    -----
    A batch norm with factor gamma and shift beta gives every channel the mean beta and the deviation ``|gamma|`` over
    the data of its training, whatever it reads. Activations take them for those of a Gaussian (`activation_moments`);
    the terms of a sum count as independent, which only their deviation needs. Averages keep the mean, but for
    those that average zeros of a border in; maxima do not, and neither do borders of zeros: nothing is told behind
    them. Models, all of them: certificates do not rest on it. Cost O(n).
    """
    (told,) = ins
    if told is None or varies(layer, np.ones(len(told.mean))):
        return None
    return Moments(told.mean, None)


@moments_behind.register(MaxPool)
@moments_behind.register(Softmax)
def _(layer: Layer, channels: Indices, *ins: Moments | None) -> Moments | None:
    return None


@moments_behind.register(Concat)
@moments_behind.register(Flatten)
@moments_behind.register(Slice)
@moments_behind.register(Take)
def _(layer: Layer, channels: Indices, *ins: Moments | None) -> Moments | None:
    return ins[0] if all(told is ins[0] for told in ins) else None


@moments_behind.register
def _(layer: BatchNorm, channels: Indices, *ins: Moments | None) -> Moments | None:
    zero, one = torch.zeros_like(layer.running_mean), torch.ones_like(layer.running_mean)
    mean = per_unit(zero if layer.bias is None else layer.bias, channels, 0.0)
    return Moments(mean, np.abs(per_unit(one if layer.weight is None else layer.weight, channels, 0.0)))


@moments_behind.register
def _(layer: Elementwise, channels: Indices, *ins: Moments | None) -> Moments | None:
    (told,) = ins
    if told is None or told.deviation is None:
        return None
    return Moments(*activation_moments(layer, told.mean, told.deviation))


@moments_behind.register
def _(layer: Scale, channels: Indices, *ins: Moments | None) -> Moments | None:
    (told,) = ins
    if told is None:
        return None
    factor = layer.per_channel(int(channels.max()) + 1, torch.device("cpu"))
    scale = per_unit(factor.reciprocal() if layer.divide else factor, channels, 1.0)
    return Moments(scale * told.mean, None if told.deviation is None else np.abs(scale) * told.deviation)


@moments_behind.register
def _(layer: Shift, channels: Indices, *ins: Moments | None) -> Moments | None:
    (told,) = ins
    if told is None:
        return None
    shift = per_unit(layer.alpha * layer.per_channel(int(channels.max()) + 1, torch.device("cpu")), channels, 0.0)
    return Moments(told.mean + shift, told.deviation)


@moments_behind.register
def _(layer: Add, channels: Indices, *ins: Moments | None) -> Moments | None:
    first, second = ins
    if first is None or second is None:
        return None
    spread = None
    if first.deviation is not None and second.deviation is not None:
        spread = np.hypot(first.deviation, layer.alpha * second.deviation)
    return Moments(first.mean + layer.alpha * second.mean, spread)
