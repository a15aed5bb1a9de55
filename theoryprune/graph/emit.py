"""The call of each kind of layer in a plain module."""

from __future__ import annotations

import operator
from functools import singledispatch
from typing import Any

import torch
from torch import Tensor, fx
from torch.nn import functional

from theoryprune.errors import UnsupportedLayerError
from theoryprune.graph.builder import Builder
from theoryprune.graph.weight_modules import conv_module, has_own_module, linear_module, norm_module, stored_weights
from theoryprune.layers import (
    GELU,
    AdaptiveAvgPool,
    Add,
    AvgPool,
    BatchNorm,
    Concat,
    Constant,
    Conv,
    Flatten,
    Hardtanh,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool,
    ReLU,
    Scale,
    Sigmoid,
    SiLU,
    Slice,
    Softmax,
    SpatialMean,
    Take,
    Tanh,
    ZeroPad,
)

_CONVS = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
_MAX = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}
_AVG = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}
_ADAPTIVE = {1: functional.adaptive_avg_pool1d, 2: functional.adaptive_avg_pool2d, 3: functional.adaptive_avg_pool3d}


@singledispatch
def emit(layer: Layer, builder: Builder, *xs: fx.Node) -> fx.Node:
    """Add the call of one record, with its modules and tensors, and return its node."""
    raise UnsupportedLayerError(f"'{layer.name}' ({layer.kind}) has no rule for emission")


@emit.register
def _(layer: Linear, builder: Builder, *xs: fx.Node) -> fx.Node:
    if has_own_module(layer):
        return builder.call_module(layer, linear_module(layer, builder), *xs)
    return builder.call(functional.linear, *xs, *stored_weights(layer, builder))


@emit.register
def _(layer: Conv, builder: Builder, *xs: fx.Node) -> fx.Node:
    if has_own_module(layer):
        return builder.call_module(layer, conv_module(layer, builder), *xs)
    settings = (layer.stride, layer.padding, layer.dilation, layer.groups)
    return builder.call(_CONVS[layer.dims], *xs, *stored_weights(layer, builder), *settings)


@emit.register
def _(layer: BatchNorm, builder: Builder, *xs: fx.Node) -> fx.Node:
    return builder.call_module(layer, norm_module(layer, builder), *xs)


@emit.register(ReLU)
@emit.register(SiLU)
@emit.register(Sigmoid)
@emit.register(Tanh)
def _(layer: Layer, builder: Builder, *xs: fx.Node) -> fx.Node:
    function = {"relu": torch.relu, "silu": functional.silu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}[layer.kind]
    return builder.call(function, *xs)


@emit.register
def _(layer: LeakyReLU, builder: Builder, *xs: fx.Node) -> fx.Node:
    return builder.call(functional.leaky_relu, *xs, layer.slope)


@emit.register
def _(layer: Hardtanh, builder: Builder, *xs: fx.Node) -> fx.Node:
    return builder.call(functional.hardtanh, *xs, layer.low, layer.high)


@emit.register
def _(layer: GELU, builder: Builder, *xs: fx.Node) -> fx.Node:
    return builder.call(functional.gelu, *xs, approximate=layer.approximate)


@emit.register
def _(layer: MaxPool, builder: Builder, *xs: fx.Node) -> fx.Node:
    window = (layer.kernel, layer.stride, layer.padding, layer.dilation, layer.ceil_mode)
    return builder.call(_MAX[len(layer.kernel)], *xs, *window)


@emit.register
def _(layer: AvgPool, builder: Builder, *xs: fx.Node) -> fx.Node:
    window: tuple[Any, ...] = (layer.kernel, layer.stride, layer.padding, layer.ceil_mode, layer.count_include_pad)
    if len(layer.kernel) > 1:
        window = (*window, layer.divisor_override)
    return builder.call(_AVG[len(layer.kernel)], *xs, *window)


@emit.register
def _(layer: AdaptiveAvgPool, builder: Builder, *xs: fx.Node) -> fx.Node:
    return builder.call(_ADAPTIVE[len(layer.output_size)], *xs, layer.output_size)


@emit.register
def _(layer: SpatialMean, builder: Builder, *xs: fx.Node) -> fx.Node:
    axes = tuple(axis + 1 for axis in layer.axes)
    return builder.call(torch.mean, *xs, axes, layer.keepdim)


@emit.register
def _(layer: Add, builder: Builder, *xs: fx.Node) -> fx.Node:
    return builder.call(torch.add, *xs, **_times(layer.alpha))


def _times(alpha: float) -> dict[str, float]:
    return {} if alpha == 1 else {"alpha": alpha}


@emit.register
def _(layer: Constant, builder: Builder, *xs: fx.Node) -> fx.Node:
    value: float | fx.Node
    if isinstance(layer.value, Tensor):
        name = layer.names.get("value", f"{layer.name}_value")
        is_parameter = "value" in layer.names and name not in builder.graph.buffers
        value = builder.stored(name, builder.parameter(layer.value, name) if is_parameter else layer.value.clone())
    else:
        value = layer.value
    if isinstance(layer, Scale):
        return builder.call(torch.div if layer.divide else torch.mul, *xs, value)
    return builder.call(torch.add, *xs, value, **_times(getattr(layer, "alpha", 1)))


@emit.register
def _(layer: Concat, builder: Builder, *xs: fx.Node) -> fx.Node:
    return builder.call(torch.cat, list(xs), 1)


@emit.register
def _(layer: Flatten, builder: Builder, *xs: fx.Node) -> fx.Node:
    return builder.call(torch.flatten, *xs, layer.start + 1, layer.end + 1)


@emit.register
def _(layer: ZeroPad, builder: Builder, *xs: fx.Node) -> fx.Node:
    sides = [side for pair in reversed(layer.pads) for side in pair]
    return builder.call(functional.pad, *xs, sides)


@emit.register
def _(layer: Slice, builder: Builder, *xs: fx.Node) -> fx.Node:
    where = (slice(None),) * (layer.axis + 1) + (slice(layer.start, layer.stop, layer.step),)
    return builder.call(operator.getitem, *xs, where)


@emit.register
def _(layer: Take, builder: Builder, *xs: fx.Node) -> fx.Node:
    index = torch.tensor(layer.index, device=builder.graph.device)
    return builder.call(torch.index_select, *xs, 1, builder.stored(f"{layer.name}_index", index, persistent=False))


@emit.register
def _(layer: Softmax, builder: Builder, *xs: fx.Node) -> fx.Node:
    return builder.call(torch.log_softmax if layer.log else torch.softmax, *xs, 1)
