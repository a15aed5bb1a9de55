"""Removing whole records: branches that add a constant, and records that nothing reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from theoryprune.graph.constants import Constants
from theoryprune.layers import Add, Layer, Shift, WeightLayer
from theoryprune.types import WeightGraph


def drop_constant_branches(graph: WeightGraph, known: Mapping[str, Constants]) -> WeightGraph:
    """Replace every addition of a wholly constant tensor by a `Shift`, or by nothing where the constant is zero.

    Notes
    -----
    ``x + alpha c`` with `c` constant over inputs and positions is a shift per channel. If it is the first addend that
    is constant, ``c + alpha x`` is a shift of `x` for ``alpha = 1`` and is left alone otherwise.
    """
    layers: list[Layer] = []
    passed: dict[str, str] = {}
    for original in graph.layers:
        layer = replace(original, inputs=tuple(passed.get(name, name) for name in original.inputs))
        simpler = _without_constant(layer, original, known, graph) if isinstance(original, Add) else layer
        if isinstance(simpler, Layer):
            layers.append(simpler)
        else:
            passed[layer.name] = simpler
    return drop_unread(replace(graph, layers=tuple(layers), output=passed.get(graph.output, graph.output)))


def _without_constant(layer: Layer, add: Add, known: Mapping[str, Constants], graph: WeightGraph) -> Layer | str:
    """Return the shift that an addition amounts to, the name of the tensor it passes on, or the addition itself."""
    first, second = (known[name] for name in add.inputs)
    if not (known[add.name].varying.any()):
        return layer
    if not second.varying.any():
        source, offset = layer.inputs[0], add.alpha * second.value
    elif not first.varying.any() and add.alpha == 1:
        source, offset = layer.inputs[1], first.value
    else:
        return layer
    if not offset.any():
        return source
    return Shift(name=add.name, inputs=(source,), value=_per_channel(offset, graph, add.name))


def _per_channel(value: Tensor, graph: WeightGraph, name: str) -> Tensor:
    """Shape (channels,) constants as (channels, 1, ..., 1) in the graph's dtype."""
    return value.to(graph.dtype).reshape(-1, *(1 for _ in graph.shapes[name][1:]))


def drop_unread(graph: WeightGraph) -> WeightGraph:
    """Remove the records that the output does not read, directly or not."""
    needed, layers = {graph.output}, []
    for layer in reversed(graph.layers):
        if layer.name in needed:
            needed.update(layer.inputs)
            layers.append(layer)
    weights = {layer.weight_name for layer in layers if isinstance(layer, WeightLayer)}
    order = tuple(name for name in graph.order if name in weights)
    return replace(graph, layers=tuple(reversed(layers)), order=order)
