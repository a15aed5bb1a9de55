"""The flow network: a weight graph that sums the product of the absolute weights over all input-output paths.

Max pooling takes part as it is: then the sum is over the paths through the largest cells.
"""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from theoryprune.errors import UnsupportedLayerError
from theoryprune.graph.evaluate import require_values
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
from theoryprune.types import INPUT, WeightGraph

BiasPolicy: TypeAlias = Literal["drop", "unit"]

_REMEDY = "score a sub-network without it, or replace the layer"


@singledispatch
def flow(layer: Layer, shape: Shape, bias: BiasPolicy, dtype: torch.dtype) -> tuple[Layer, ...]:
    """Return the non-negative records that stand for `layer` in the flow network.

    Parameters
    ----------
    layer : Layer
    shape : tuple of int
        Of the first tensor that the layer reads, per example.
    bias : {"drop", "unit"}
        Whether biases and added constants are left out, or enter as edges from a constant unit.
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
def _(layer: WeightLayer, shape: Shape, bias: BiasPolicy, dtype: torch.dtype) -> tuple[Layer, ...]:
    folded = replace(layer, weight=_absolute(layer.weight, dtype), bias=None)
    if layer.bias is None or bias == "drop":
        return (folded,)
    return folded, _offset(layer, layer.bias.reshape(-1, *(1 for _ in shape[1:])), dtype)


@flow.register
def _(layer: BatchNorm, shape: Shape, bias: BiasPolicy, dtype: torch.dtype) -> tuple[Layer, ...]:
    # |gamma| / sqrt(var + eps) is the weight of a path; mean and shift lie on none and are dropped by either policy.
    scale = layer.affine()[0].reshape(-1, *(1 for _ in shape[1:]))
    return (Scale(name=layer.name, inputs=layer.inputs, value=_absolute(scale, dtype)),)


@flow.register
def _(layer: Scale, shape: Shape, bias: BiasPolicy, dtype: torch.dtype) -> tuple[Layer, ...]:
    value = _absolute(layer.value, dtype) if isinstance(layer.value, Tensor) else abs(layer.value)
    return (replace(layer, value=value, names={}),)


@flow.register
def _(layer: Shift, shape: Shape, bias: BiasPolicy, dtype: torch.dtype) -> tuple[Layer, ...]:
    if bias == "drop":
        return ()
    value = layer.value if isinstance(layer.value, Tensor) else torch.tensor(layer.value, dtype=torch.float64)
    return (_offset(layer, value * layer.alpha, dtype),)


@flow.register
def _(layer: Add, shape: Shape, bias: BiasPolicy, dtype: torch.dtype) -> tuple[Layer, ...]:
    return (replace(layer, alpha=abs(layer.alpha)),)


@flow.register
def _(layer: Elementwise, shape: Shape, bias: BiasPolicy, dtype: torch.dtype) -> tuple[Layer, ...]:
    return ()  # exact for ReLU and LeakyReLU, since the flow is never negative; a surrogate for the others


@flow.register
def _(layer: MaxPool, shape: Shape, bias: BiasPolicy, dtype: torch.dtype) -> tuple[Layer, ...]:
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
def _(layer: AvgPool, shape: Shape, bias: BiasPolicy, dtype: torch.dtype) -> tuple[Layer, ...]:
    if layer.divisor_override is not None and layer.divisor_override < 0:
        raise UnsupportedLayerError(
            f"'{layer.name}' (avg_pool): its divisor_override {layer.divisor_override} is negative, so the flow would "
            "be. Remedy: a positive divisor"
        )
    return (layer,)


@flow.register(AdaptiveAvgPool)
@flow.register(SpatialMean)
@flow.register(Concat)
@flow.register(Flatten)
@flow.register(ZeroPad)
@flow.register(Slice)
@flow.register(Take)
def _(layer: Layer, shape: Shape, bias: BiasPolicy, dtype: torch.dtype) -> tuple[Layer, ...]:
    return (layer,)


def _absolute(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """Convert first: the absolute value is exact, and the copy it makes belongs to nobody else."""
    return tensor.detach().to(dtype).abs().contiguous()


def _offset(layer: Layer, value: Tensor, dtype: torch.dtype) -> Shift:
    return Shift(name=f"{layer.name}+", inputs=(layer.name,), value=_absolute(value, dtype))


def flow_network(graph: WeightGraph, *, bias: BiasPolicy = "drop", dtype: torch.dtype = torch.float64) -> WeightGraph:
    """Build the flow network of a graph.

    Parameters
    ----------
    graph : WeightGraph
        Its tensors are read, never written.
    bias : {"drop", "unit"}
        See `flow`. Only with ``"drop"`` do all paths start at the input.
    dtype : torch.float64 or torch.float32

    Returns
    -------
    WeightGraph
        With the weights ``abs(w)`` under their old names, in tensors of its own. Activations and a last softmax are
        gone, batch norm is the factor ``abs(gamma) / sqrt(var + eps)``, biases follow the policy.

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
    require_values(graph, "flow")
    records: list[Layer] = []
    refusals: list[str] = []
    end = {INPUT: INPUT}  # the record of the flow network that holds each tensor of the graph
    for layer in graph.layers:
        end[layer.name] = source = end[layer.inputs[0]]
        if isinstance(layer, Softmax) and layer.name == graph.output:
            continue  # the flow is defined on the logits
        try:
            chain = flow(layer, graph.shapes[layer.inputs[0]], bias, dtype)
        except UnsupportedLayerError as refusal:
            refusals.append(str(refusal))
            continue
        for place, record in enumerate(chain):
            inputs = (source,) if place else tuple(end[name] for name in layer.inputs)
            records.append(replace(record, inputs=inputs))
            end[layer.name] = source = record.name
    if refusals:
        raise UnsupportedLayerError("\n".join([f"{len(refusals)} layer(s) have no flow:", *refusals]))
    _require_finite(graph)
    return replace(graph, layers=tuple(records), output=end[graph.output])


def _require_finite(graph: WeightGraph) -> None:
    for layer in graph.layers:
        for key, tensor in layer.tensors():
            if not bool(tensor.isfinite().all()):
                bad = int((~tensor.isfinite()).sum())
                raise ValueError(
                    f"'{layer.names.get(key, layer.name)}' must be finite, got {bad} entries that are NaN or infinite"
                )
