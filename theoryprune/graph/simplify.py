"""Removing whole records: branches that add a constant, and records that nothing reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from theoryprune.graph.constants import Constants
from theoryprune.layers import Add, Layer, Scale, Shift, WeightLayer
from theoryprune.types import WeightGraph


def drop_constant_branches(graph: WeightGraph, known: Mapping[str, Constants]) -> WeightGraph:
    """Replace every addition of a wholly constant tensor by a `Shift`, or by nothing where the constant is zero.

    Notes
    -----
    ``x + alpha c`` with `c` constant over inputs and positions is a shift per channel; ``c + alpha x`` is one of the
    scaled `x`.
    """
    if not any(isinstance(layer, Add) and _half_constant(layer, known) for layer in graph.layers):
        return drop_unread(graph)
    layers: list[Layer] = []
    passed: dict[str, str] = {}
    for original in graph.layers:
        layer = replace(original, inputs=tuple(passed.get(name, name) for name in original.inputs))
        if isinstance(original, Add) and known[original.name].varying.any():
            chain, passed[original.name] = _without_constant(layer, original, known, graph)
            layers += chain
        else:
            layers.append(layer)
    return drop_unread(replace(graph, layers=tuple(layers), output=passed.get(graph.output, graph.output)))


def _half_constant(add: Add, known: Mapping[str, Constants]) -> bool:
    first, second = (bool(known[name].varying.any()) for name in add.inputs)
    return first != second


def _without_constant(
    layer: Layer, add: Add, known: Mapping[str, Constants], graph: WeightGraph
) -> tuple[list[Layer], str]:
    """Return the records that an addition amounts to, and the name of the tensor that holds the sum."""
    first, second = (known[name] for name in add.inputs)
    chain: list[Layer] = []
    if not second.varying.any():
        source, offset = layer.inputs[0], add.alpha * second.value
    elif not first.varying.any():
        source, offset = layer.inputs[1], first.value
        if add.alpha != 1:
            chain.append(Scale(name=f"{add.name}_scaled", inputs=(source,), value=add.alpha))
            source = chain[0].name
    else:
        return [layer], add.name
    if offset.any():
        chain.append(Shift(name=add.name, inputs=(source,), value=_per_channel(offset, graph, add.name)))
        source = add.name
    return chain, source


def _per_channel(value: Tensor, graph: WeightGraph, name: str) -> Tensor:
    """Shape (channels,) constants as (channels, 1, ..., 1) in the graph's dtype."""
    return value.to(graph.dtype).reshape(-1, *(1 for _ in graph.shapes[name][1:]))


def drop_unread(graph: WeightGraph) -> WeightGraph:
    """Remove the records that the output does not read, directly or not; `graph` itself if it reads all."""
    needed, layers = {graph.output}, []
    for layer in reversed(graph.layers):
        if layer.name in needed:
            needed.update(layer.inputs)
            layers.append(layer)
    weights = {layer.weight_name for layer in layers if isinstance(layer, WeightLayer)}
    order = tuple(name for name in graph.order if name in weights)
    if len(layers) == len(graph.layers) and order == graph.order:
        return graph
    return replace(graph, layers=tuple(reversed(layers)), order=order)
