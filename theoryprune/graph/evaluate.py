"""Walking a weight graph: plain evaluation, and any other quantity that follows the records in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from torch import Tensor

from theoryprune.layers import Layer
from theoryprune.types import INPUT, WeightGraph

T = TypeVar("T")


def walk(graph: WeightGraph, start: T, step: Callable[..., T]) -> T:
    """Carry a value from the input to the output.

    Parameters
    ----------
    graph : WeightGraph
    start : T
        The value of the input.
    step : callable
        ``step(layer, *values)`` gives the value of a record from those of its inputs.

    Returns
    -------
    T
        The value of the output record. Values are dropped as soon as nothing reads them any more.
    """
    readers = Counter(name for layer in graph.layers for name in layer.inputs)
    readers[graph.output] += 1
    values = {INPUT: start}
    for layer in graph.layers:
        values[layer.name] = step(layer, *(values[name] for name in layer.inputs))
        for name in layer.inputs:
            readers[name] -= 1
            if not readers[name]:
                del values[name]
    return values[graph.output]


def forward(graph: WeightGraph, x: Tensor) -> Tensor:
    """Evaluate the network.

    Parameters
    ----------
    graph : WeightGraph
    x : Tensor, shape (batch, *graph.input_shape)
        Of the graph's dtype, on its device.

    Returns
    -------
    Tensor, shape (batch, *output shape)
        Differentiable with respect to `x`.

    Raises
    ------
    TypeError, ValueError
        If `x` is no tensor, or its shape, dtype or device does not fit.

    Notes
    -----
    ``forward(extract(model, example), x)`` equals ``model.eval()(x)`` bit for bit: the records call the operators
    that the model called, in its order.
    """
    require_values(graph, "forward")
    if not isinstance(x, Tensor):
        raise TypeError(f"x must be a tensor, got {type(x).__name__}")
    if tuple(x.shape[1:]) != graph.input_shape or not x.ndim:
        raise ValueError(f"x must have shape (batch, {', '.join(map(str, graph.input_shape))}), got {tuple(x.shape)}")
    has_tensors = any(True for layer in graph.layers for _ in layer.tensors())
    if has_tensors and (x.dtype != graph.dtype or x.device != graph.device):
        raise ValueError(
            f"x must be {graph.dtype} on {graph.device} like the graph, got {x.dtype} on {x.device}; "
            "convert it with x.to(graph.device, graph.dtype)"
        )

    def step(layer: Layer, *values: Tensor) -> Tensor:
        return layer.forward(*values)

    return walk(graph, x, step)


def require_graph(graph: WeightGraph) -> None:
    """Raise `TypeError` unless `graph` is a weight graph."""
    if not isinstance(graph, WeightGraph):
        raise TypeError(f"graph must be a WeightGraph, got {type(graph).__name__}; extract(model, example) makes one")


def require_values(graph: WeightGraph, what: str) -> None:
    """Raise unless `graph` is a weight graph with values; on the meta device tensors have shapes only."""
    require_graph(graph)
    if graph.device.type == "meta":
        raise ValueError(
            f"{what}: the graph lies on the meta device and has no values; extract it from a model with weights"
        )


def require_finite(graph: WeightGraph) -> None:
    """Raise `ValueError` if a weight, bias or statistic of the graph is NaN or infinite, naming it."""
    for layer in graph.layers:
        for key, tensor in layer.tensors():
            if wrong := int((~tensor.isfinite()).sum()):
                raise ValueError(
                    f"'{layer.names.get(key, layer.name)}' must be finite, got {wrong} of {tensor.numel()} entries "
                    "that are NaN or infinite; mend the checkpoint"
                )
