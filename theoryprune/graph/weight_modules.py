"""The modules of layers with weights, or their weights alone where the model keeps them outside a module."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import fx, nn

from theoryprune.graph.builder import Builder
from theoryprune.layers import BatchNorm, Conv, Layer, Linear

_CONVS: dict[int, Callable[..., nn.Module]] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
_NORMS = {1: nn.BatchNorm1d, 2: nn.BatchNorm1d, 3: nn.BatchNorm2d, 4: nn.BatchNorm3d}


def has_own_module(layer: Linear | Conv) -> bool:
    """Whether the layer's tensors are `weight` and `bias` of a module of the layer's name."""
    return layer.weight_name == f"{layer.name}.weight" and layer.bias_name == f"{layer.name}.bias"


def stored_weights(layer: Linear | Conv, builder: Builder) -> tuple[fx.Node, fx.Node | None]:
    """Place the weights of a layer without a module of its own, and return how to read them: weight and bias."""
    weight = builder.stored(layer.weight_name, builder.parameter(layer.weight, layer.weight_name))
    if layer.bias is None:
        return weight, None
    return weight, builder.stored(layer.bias_name, builder.parameter(layer.bias, layer.bias_name))


def linear_module(layer: Linear, builder: Builder) -> nn.Module:
    """Return the `nn.Linear` of a record."""
    out, width = layer.weight.shape
    return _filled(nn.Linear(width, out, layer.bias is not None, device="meta"), layer, builder)


def conv_module(layer: Conv, builder: Builder) -> nn.Module:
    """Return the `nn.Conv1d`, `nn.Conv2d` or `nn.Conv3d` of a record."""
    out, width = len(layer.weight), layer.weight.shape[1] * layer.groups
    window = (layer.kernel, layer.stride, layer.padding, layer.dilation)
    module = _CONVS[layer.dims](width, out, *window, layer.groups, layer.bias is not None, device="meta")
    return _filled(module, layer, builder)


def norm_module(layer: BatchNorm, builder: Builder) -> nn.Module:
    """Return the batch norm of a record, for inputs with as many axes as its own."""
    # In evaluation mode a cumulative average (momentum None) is recorded as 0, with which statistics would never move.
    momentum = layer.momentum or None
    axes = len(builder.graph.shapes[layer.inputs[0]])
    module = _filled(_NORMS[axes](len(layer.running_mean), layer.eps, momentum, device="meta"), layer, builder)
    module.num_batches_tracked = torch.zeros((), dtype=torch.long, device=layer.running_mean.device)
    return module


def _filled(module: nn.Module, layer: Layer, builder: Builder) -> nn.Module:
    """Give a module the record's tensors (None where the record has none)."""
    tensors = dict(layer.tensors())
    for key in dict(module.named_parameters()):
        tensor = tensors.get(key)
        value = None if tensor is None else builder.parameter(tensor, layer.names.get(key, f"{layer.name}.{key}"))
        module.register_parameter(key, value)
    for key in dict(module.named_buffers()):
        if key in tensors:
            module.register_buffer(key, tensors[key].clone())
    return module
