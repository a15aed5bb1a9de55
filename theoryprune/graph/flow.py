"""The flow network: a weight graph that sums the product of the absolute weights over all input-output paths.

Max pooling takes part as it is: then the sum is over the paths through the largest cells.
"""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch
from math import prod
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from theoryprune.errors import UnsupportedLayerError
from theoryprune.graph.evaluate import require_finite, require_values
from theoryprune.layers import (
    AdaptiveAvgPool,
    Add,
    AvgPool,
    BatchNorm,
    Concat,
    Elementwise,
    Flatten,
    Layer,
    MaxPool,
    Scale,
    Shape,
    Shift,
    Slice,
    Softmax,
    SpatialMean,
    Take,
    WeightLayer,
    ZeroPad,
)
from theoryprune.types import INPUT, FlowRule, WeightGraph

BiasPolicy: TypeAlias = Literal["drop", "unit"]

_REMEDY = "score a sub-network without it, or replace the layer"


@singledispatch
def flow(layer: Layer, shape: Shape, rule: FlowRule, dtype: torch.dtype) -> tuple[Layer, ...]:
    """Return the non-negative records that stand for `layer` in the flow network.

    Parameters
    ----------
    layer : Layer
    shape : tuple of int
        Of the first tensor that the layer reads, per example.
    rule : FlowRule
        Whether biases and added constants are left out, or enter as edges from a constant unit; and the power to which
        all factors of a path are raised.
    dtype : torch.dtype
        Of the new records' tensors, which share no storage with the layer's.

    Returns
    -------
    tuple of Layer
        A chain: the first reads what `layer` reads, each other one the one before it. Empty for the identity.

    Raises
    ------
    UnsupportedLayerError
        If no flow is defined for the layer.
    """
    raise UnsupportedLayerError(f"'{layer.name}' ({layer.kind}): no flow is defined for it. Remedy: {_REMEDY}")


@flow.register
def _(layer: WeightLayer, shape: Shape, rule: FlowRule, dtype: torch.dtype) -> tuple[Layer, ...]:
    folded = replace(layer, weight=_edge(layer.weight, rule, dtype), bias=None)
    if layer.bias is None or rule.bias == "drop":
        return (folded,)
    return folded, _offset(layer, layer.bias.reshape(-1, *(1 for _ in shape[1:])), rule, dtype)


@flow.register
def _(layer: BatchNorm, shape: Shape, rule: FlowRule, dtype: torch.dtype) -> tuple[Layer, ...]:
    # |gamma| / sqrt(var + eps) is the weight of a path; mean and shift lie on none and are dropped by either policy.
    scale = layer.affine()[0].reshape(-1, *(1 for _ in shape[1:]))
    return (Scale(name=layer.name, inputs=layer.inputs, value=_edge(scale, rule, dtype)),)


@flow.register
def _(layer: Scale, shape: Shape, rule: FlowRule, dtype: torch.dtype) -> tuple[Layer, ...]:
    value = _edge(layer.value, rule, dtype) if isinstance(layer.value, Tensor) else abs(layer.value) ** rule.power
    return (replace(layer, value=value, names={}),)


@flow.register
def _(layer: Shift, shape: Shape, rule: FlowRule, dtype: torch.dtype) -> tuple[Layer, ...]:
    if rule.bias == "drop":
        return ()
    value = layer.value if isinstance(layer.value, Tensor) else torch.tensor(layer.value, dtype=torch.float64)
    return (_offset(layer, value * layer.alpha, rule, dtype),)


@flow.register
def _(layer: Add, shape: Shape, rule: FlowRule, dtype: torch.dtype) -> tuple[Layer, ...]:
    return (replace(layer, alpha=abs(layer.alpha) ** rule.power),)


@flow.register
def _(layer: Elementwise, shape: Shape, rule: FlowRule, dtype: torch.dtype) -> tuple[Layer, ...]:
    return ()  # exact for ReLU and LeakyReLU, since the flow is never negative; a surrogate for the others


@flow.register
def _(layer: MaxPool, shape: Shape, rule: FlowRule, dtype: torch.dtype) -> tuple[Layer, ...]:
    out = layer.shape(shape)
    axes = zip(shape[1:], out[1:], layer.kernel, layer.stride, layer.padding, layer.dilation, strict=True)
    for size, positions, kernel, stride, padding, dilation in axes:
        starts = (i * stride - padding for i in range(positions))
        if not all(any(0 <= start + dilation * tap < size for tap in range(kernel)) for start in starts):
            raise UnsupportedLayerError(
                f"'{layer.name}' (max_pool): on an input of shape {shape} some windows hold padding only, so their "
                "flow is -inf. Remedy: less padding or dilation"
            )
    return (layer,)


@flow.register
def _(layer: AvgPool, shape: Shape, rule: FlowRule, dtype: torch.dtype) -> tuple[Layer, ...]:
    if layer.divisor_override is not None and layer.divisor_override < 0:
        raise UnsupportedLayerError(
            f"'{layer.name}' (avg_pool): its divisor_override {layer.divisor_override} is negative, so the flow would "
            "be. Remedy: a positive divisor"
        )
    same = (layer.count_include_pad or not any(layer.padding)) and not layer.ceil_mode
    count = layer.divisor_override or (prod(layer.kernel) if same else 0)
    return _averages(layer, count, rule)


@flow.register
def _(layer: AdaptiveAvgPool, shape: Shape, rule: FlowRule, dtype: torch.dtype) -> tuple[Layer, ...]:
    equal = all(n % cells == 0 for n, cells in zip(shape[1:], layer.output_size, strict=True))
    return _averages(layer, prod(shape[1:]) // prod(layer.output_size) if equal else 0, rule)


@flow.register
def _(layer: SpatialMean, shape: Shape, rule: FlowRule, dtype: torch.dtype) -> tuple[Layer, ...]:
    return _averages(layer, prod(shape[axis] for axis in layer.axes), rule)


@flow.register(Concat)
@flow.register(Flatten)
@flow.register(ZeroPad)
@flow.register(Slice)
@flow.register(Take)
def _(layer: Layer, shape: Shape, rule: FlowRule, dtype: torch.dtype) -> tuple[Layer, ...]:
    return (layer,)


def _edge(tensor: Tensor, rule: FlowRule, dtype: torch.dtype) -> Tensor:
    """Return ``abs(tensor) ** power``. Convert first: then the absolute value is exact, and a copy of our own."""
    edges = tensor.detach().to(dtype, copy=True, memory_format=torch.contiguous_format).abs_()
    return edges if rule.power == 1 else edges.pow_(rule.power)


def _offset(layer: Layer, value: Tensor, rule: FlowRule, dtype: torch.dtype) -> Shift:
    return Shift(name=f"{layer.name}+", inputs=(layer.name,), value=_edge(value, rule, dtype))


def _averages(layer: Layer, count: int, rule: FlowRule) -> tuple[Layer, ...]:
    """Raise the factor ``1 / count`` of an average to the power; `count` is 0 where it differs between outputs."""
    if rule.power == 1:
        return (layer,)
    if not count:
        raise UnsupportedLayerError(
            f"'{layer.name}' ({layer.kind}): its averages are over different numbers of cells, for which no flow of "
            f"power {rule.power} is defined. Remedy: cells of equal size, without ceil_mode"
        )
    return layer, Scale(name=f"{layer.name}*", inputs=(layer.name,), value=float(count) ** (1 - rule.power))


def flow_network(
    graph: WeightGraph, *, bias: BiasPolicy = "drop", dtype: torch.dtype = torch.float64, power: int = 1
) -> WeightGraph:
    """Build the flow network of a graph.

    Parameters
    ----------
    graph : WeightGraph
        Its tensors are read, never written.
    bias : {"drop", "unit"}
        See `flow`. Only with ``"drop"`` do all paths start at the input.
    dtype : torch.float64 or torch.float32
    power : {1, 2}
        To which all factors of a path are raised: 1 for synaptic flow, 2 for its l2 form.

    Returns
    -------
    WeightGraph
        With the weights ``abs(w) ** power`` under their old names, in tensors of its own. Activations and a last
        softmax are gone, batch norm is the factor ``abs(gamma) / sqrt(var + eps)``, biases follow the policy.

    Raises
    ------
    UnsupportedLayerError
        If a record has no flow: all of them in one message, before anything is computed.
    ValueError
        If an argument is out of range, a weight is not finite, or the graph has no values.

    Notes
    -----
    On an input of ones the outputs of a chain sum to ``R = 1^T prod_l |W_l| 1`` (Tanaka et al. 2020, arXiv
    2006.05467, equation 2). Cost: one copy of the weights.
    """
    if bias not in ("drop", "unit"):
        raise ValueError(f"bias must be 'drop' or 'unit', got {bias!r}")
    if dtype not in (torch.float64, torch.float32):
        raise ValueError(f"dtype must be torch.float64 or torch.float32, got {dtype}")
    if power not in (1, 2):
        raise ValueError(f"power must be 1 or 2, got {power!r}")
    rule = FlowRule(bias, power)
    require_values(graph, "flow")
    records: list[Layer] = []
    refusals: list[str] = []
    end = {INPUT: INPUT}  # the record of the flow network that holds each tensor of the graph
    for layer in graph.layers:
        end[layer.name] = source = end[layer.inputs[0]]
        if isinstance(layer, Softmax) and layer.name == graph.output:
            continue  # the flow is defined on the logits
        try:
            chain = flow(layer, graph.shapes[layer.inputs[0]], rule, dtype)
        except UnsupportedLayerError as refusal:
            refusals.append(str(refusal))
            continue
        for place, record in enumerate(chain):
            inputs = (source,) if place else tuple(end[name] for name in layer.inputs)
            records.append(replace(record, inputs=inputs))
            end[layer.name] = source = record.name
    if refusals:
        raise UnsupportedLayerError("\n".join([f"{len(refusals)} layer(s) have no flow:", *refusals]))
    require_finite(graph)
    return replace(graph, layers=tuple(records), output=end[graph.output])
