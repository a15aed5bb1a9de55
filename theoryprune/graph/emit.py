"""From a weight graph back to a plain `nn.Module`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, cast

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from theoryprune.errors import UnsupportedLayerError
from theoryprune.graph.evaluate import require_values
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
from theoryprune.types import INPUT, Origin, WeightGraph

_ORIGIN = "theoryprune_origin"

_CONVS: dict[int, Callable[..., nn.Module]] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
_NORMS = {1: nn.BatchNorm1d, 2: nn.BatchNorm1d, 3: nn.BatchNorm2d, 4: nn.BatchNorm3d}
_MAX = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}
_AVG = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}
_ADAPTIVE = {1: functional.adaptive_avg_pool1d, 2: functional.adaptive_avg_pool2d, 3: functional.adaptive_avg_pool3d}


@dataclass(frozen=True, eq=False)
class Builder:
    """Where `emit` puts modules, tensors and calls.

    Parameters
    ----------
    root : nn.Module
        Receives modules and tensors under their dotted paths.
    calls : torch.fx.Graph
        Receives the calls.
    graph : WeightGraph
        What is being emitted.
    """

    root: nn.Module
    calls: fx.Graph
    graph: WeightGraph

    def place(self, path: str, item: nn.Module | nn.Parameter | Tensor, persistent: bool = True) -> None:
        """Put a module, parameter or buffer at a dotted path, making plain modules on the way."""
        *parents, name = path.split(".")
        owner = self.root
        for parent in parents:
            if not hasattr(owner, parent):
                owner.add_module(parent, nn.Module())
            owner = cast(nn.Module, getattr(owner, parent))
        if isinstance(item, nn.Module):
            owner.add_module(name, item)
        elif isinstance(item, nn.Parameter):
            owner.register_parameter(name, item)
        else:
            owner.register_buffer(name, item, persistent)

    def parameter(self, tensor: Tensor, name: str) -> nn.Parameter:
        """Return a fresh parameter with a tensor's values, trained unless the model had frozen it."""
        return nn.Parameter(tensor.clone(), requires_grad=name not in self.graph.frozen)

    def call_module(self, layer: Layer, module: nn.Module, x: fx.Node) -> fx.Node:
        """Place a module under the layer's name and call it."""
        self.place(layer.name, module)
        return self.calls.call_module(layer.name, (x,))


def to_module(graph: WeightGraph) -> nn.Module:
    """Build a plain, trainable module that computes the graph.

    Parameters
    ----------
    graph : WeightGraph
        Masked, compacted or as extracted.

    Returns
    -------
    nn.Module
        A `torch.fx.GraphModule` of ordinary `nn.Linear`, `nn.Conv2d`, `nn.BatchNorm2d`, ... under the module paths and
        `state_dict` names of the original model, on its device and in its dtype, in training mode, parameters frozen
        where they were. It can be copied, compiled, exported, saved and extracted again. After `compact` it carries
        the graph's origin, for `remap_optimizer`.

    Notes
    -----
    In evaluation mode the module equals `forward(graph, x)`. Dropout is gone: extraction leaves no record of it.

    Examples
    --------
    >>> import theoryprune as tp
    >>> net = tp.to_module(tp.extract(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)), (2,)))
    >>> list(net.state_dict())
    ['0.weight', '0.bias', '2.weight', '2.bias']
    """
    require_values(graph, "to_module")
    calls = fx.Graph()
    builder = Builder(nn.Module(), calls, graph)
    values = {INPUT: calls.placeholder("input")}
    for layer in graph.layers:
        values[layer.name] = emit(layer, builder, *(values[name] for name in layer.inputs))
    calls.output(values[graph.output])
    module = fx.GraphModule(builder.root, calls, class_name="Network")
    if graph.origin is not None:  # in two places, for a copy keeps the one and a pickle the other
        module.meta[_ORIGIN] = dict(graph.origin)
        setattr(module, _ORIGIN, dict(graph.origin))
    return module


def module_origin(module: nn.Module) -> dict[str, Origin] | None:
    """Return where the entries of a module's parameters were, by name; None if `to_module` did not say."""
    found: dict[str, Origin] | None = getattr(module, "meta", {}).get(_ORIGIN, getattr(module, _ORIGIN, None))
    return found


@singledispatch
def emit(layer: Layer, builder: Builder, *xs: fx.Node) -> fx.Node:
    """Add the call of one record, with its modules and tensors, and return its node."""
    raise UnsupportedLayerError(f"'{layer.name}' ({layer.kind}) has no rule for emission")


@emit.register
def _(layer: Linear, builder: Builder, *xs: fx.Node) -> fx.Node:
    if not _in_own_module(layer):
        return _functional(layer, builder, functional.linear, xs[0])
    out, width = layer.weight.shape
    module = nn.Linear(width, out, layer.bias is not None, device="meta")
    return builder.call_module(layer, _filled(module, layer, builder), xs[0])


@emit.register
def _(layer: Conv, builder: Builder, *xs: fx.Node) -> fx.Node:
    if not _in_own_module(layer):
        settings = (layer.stride, layer.padding, layer.dilation, layer.groups)
        function = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}[layer.dims]
        return _functional(layer, builder, function, xs[0], settings)
    module = _CONVS[layer.dims](
        layer.weight.shape[1] * layer.groups,
        layer.weight.shape[0],
        layer.kernel,
        layer.stride,
        layer.padding,
        layer.dilation,
        layer.groups,
        layer.bias is not None,
        device="meta",
    )
    return builder.call_module(layer, _filled(module, layer, builder), xs[0])


@emit.register
def _(layer: BatchNorm, builder: Builder, *xs: fx.Node) -> fx.Node:
    # In evaluation mode a cumulative average (momentum None) is recorded as 0, with which statistics would never move.
    momentum = layer.momentum or None
    axes = len(builder.graph.shapes[layer.inputs[0]])
    module = _NORMS[axes](len(layer.running_mean), layer.eps, momentum, device="meta")
    _filled(module, layer, builder)
    module.num_batches_tracked = torch.zeros((), dtype=torch.long, device=layer.running_mean.device)
    return builder.call_module(layer, module, xs[0])


def _in_own_module(layer: Linear | Conv) -> bool:
    """Whether the layer's tensors are `weight` and `bias` of a module of the layer's name."""
    return layer.weight_name == f"{layer.name}.weight" and layer.bias_name == f"{layer.name}.bias"


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


def _functional(
    layer: Linear | Conv, builder: Builder, function: Callable[..., Tensor], x: fx.Node, settings: tuple[Any, ...] = ()
) -> fx.Node:
    """Call an operator on weights that the model keeps outside a module of their own."""
    builder.place(layer.weight_name, builder.parameter(layer.weight, layer.weight_name))
    args = [x, builder.calls.get_attr(layer.weight_name), None]
    if layer.bias is not None:
        builder.place(layer.bias_name, builder.parameter(layer.bias, layer.bias_name))
        args[2] = builder.calls.get_attr(layer.bias_name)
    return builder.calls.call_function(function, (*args, *settings))


@emit.register(ReLU)
@emit.register(SiLU)
@emit.register(Sigmoid)
@emit.register(Tanh)
def _(layer: Layer, builder: Builder, *xs: fx.Node) -> fx.Node:
    function = {"relu": torch.relu, "silu": functional.silu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}[layer.kind]
    return builder.calls.call_function(function, xs)


@emit.register
def _(layer: LeakyReLU, builder: Builder, *xs: fx.Node) -> fx.Node:
    return builder.calls.call_function(functional.leaky_relu, (*xs, layer.slope))


@emit.register
def _(layer: Hardtanh, builder: Builder, *xs: fx.Node) -> fx.Node:
    return builder.calls.call_function(functional.hardtanh, (*xs, layer.low, layer.high))


@emit.register
def _(layer: GELU, builder: Builder, *xs: fx.Node) -> fx.Node:
    return builder.calls.call_function(functional.gelu, xs, {"approximate": layer.approximate})


@emit.register
def _(layer: MaxPool, builder: Builder, *xs: fx.Node) -> fx.Node:
    window = (layer.kernel, layer.stride, layer.padding, layer.dilation, layer.ceil_mode)
    return builder.calls.call_function(_MAX[len(layer.kernel)], (*xs, *window))


@emit.register
def _(layer: AvgPool, builder: Builder, *xs: fx.Node) -> fx.Node:
    window: tuple[Any, ...] = (layer.kernel, layer.stride, layer.padding, layer.ceil_mode, layer.count_include_pad)
    if len(layer.kernel) > 1:
        window = (*window, layer.divisor_override)
    return builder.calls.call_function(_AVG[len(layer.kernel)], (*xs, *window))


@emit.register
def _(layer: AdaptiveAvgPool, builder: Builder, *xs: fx.Node) -> fx.Node:
    return builder.calls.call_function(_ADAPTIVE[len(layer.output_size)], (*xs, layer.output_size))


@emit.register
def _(layer: SpatialMean, builder: Builder, *xs: fx.Node) -> fx.Node:
    axes = tuple(axis + 1 for axis in layer.axes)
    return builder.calls.call_function(torch.mean, (*xs, axes, layer.keepdim))


@emit.register
def _(layer: Add, builder: Builder, *xs: fx.Node) -> fx.Node:
    return builder.calls.call_function(torch.add, xs, {} if layer.alpha == 1 else {"alpha": layer.alpha})


@emit.register
def _(layer: Constant, builder: Builder, *xs: fx.Node) -> fx.Node:
    value: float | fx.Node
    if isinstance(layer.value, Tensor):
        name = layer.names.get("value", f"{layer.name}_value")
        is_parameter = "value" in layer.names and name not in builder.graph.buffers
        builder.place(name, builder.parameter(layer.value, name) if is_parameter else layer.value.clone())
        value = builder.calls.get_attr(name)
    else:
        value = layer.value
    if isinstance(layer, Scale):
        return builder.calls.call_function(torch.div if layer.divide else torch.mul, (*xs, value))
    alpha = getattr(layer, "alpha", 1)
    return builder.calls.call_function(torch.add, (*xs, value), {} if alpha == 1 else {"alpha": alpha})


@emit.register
def _(layer: Concat, builder: Builder, *xs: fx.Node) -> fx.Node:
    return builder.calls.call_function(torch.cat, (list(xs), 1))


@emit.register
def _(layer: Flatten, builder: Builder, *xs: fx.Node) -> fx.Node:
    return builder.calls.call_function(torch.flatten, (*xs, layer.start + 1, layer.end + 1))


@emit.register
def _(layer: ZeroPad, builder: Builder, *xs: fx.Node) -> fx.Node:
    sides = [side for pair in reversed(layer.pads) for side in pair]
    return builder.calls.call_function(functional.pad, (*xs, sides))


@emit.register
def _(layer: Slice, builder: Builder, *xs: fx.Node) -> fx.Node:
    where = (slice(None),) * (layer.axis + 1) + (slice(layer.start, layer.stop, layer.step),)
    return builder.calls.call_function(operator.getitem, (*xs, where))


@emit.register
def _(layer: Take, builder: Builder, *xs: fx.Node) -> fx.Node:
    index = torch.tensor(layer.index, device=builder.graph.device)
    builder.place(f"{layer.name}_index", index, persistent=False)
    return builder.calls.call_function(torch.index_select, (*xs, 1, builder.calls.get_attr(f"{layer.name}_index")))


@emit.register
def _(layer: Softmax, builder: Builder, *xs: fx.Node) -> fx.Node:
    return builder.calls.call_function(torch.log_softmax if layer.log else torch.softmax, (*xs, 1))
