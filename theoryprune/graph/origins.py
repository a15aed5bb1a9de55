"""What compaction remembers: where the entries of each parameter were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from theoryprune.layers import Layer, WeightLayer
from theoryprune.types import Origin, WeightGraph


def with_origin(graph: WeightGraph) -> WeightGraph:
    """Return the graph with an origin: the one it has, or the statement that every tensor is whole."""
    if graph.origin is not None:
        return graph
    names = {layer.names[key]: t for layer in graph.layers for key, t in layer.tensors() if key in layer.names}
    return replace(graph, origin={name: Origin(tuple(tensor.shape)) for name, tensor in names.items()})


def moved(layer: Layer, out: Tensor, ins: tuple[Tensor, ...]) -> dict[str, Origin]:
    """Return where the entries of a record's tensors are, if it keeps the outputs `out` and the inputs `ins`."""
    rows = tuple(out.tolist())
    found = {}
    for key, tensor in layer.tensors():
        if key in layer.names:
            per_channel = tensor.ndim > 0 and tensor.shape[0] > 1
            found[layer.names[key]] = Origin(tuple(tensor.shape), rows if per_channel else ())
    if isinstance(layer, WeightLayer):
        columns = _by_group(layer, rows, tuple(ins[0].tolist()))
        found[layer.weight_name] = Origin(tuple(layer.weight.shape), rows, columns)
    return found


def _by_group(layer: WeightLayer, rows: tuple[int, ...], columns: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Return the inputs kept by each surviving group, numbered within the group."""
    if layer.groups == 1:
        return (columns,)
    outputs, inputs = layer.weight.shape[0] // layer.groups, layer.weight.shape[1]
    alive: dict[int, list[int]] = {row // outputs: [] for row in rows}
    for column in columns:
        alive.setdefault(column // inputs, []).append(column % inputs)
    return tuple(tuple(alive[group]) for group in sorted(alive))


def compose(origin: Mapping[str, Origin], steps: Mapping[str, Origin]) -> dict[str, Origin]:
    """Return the origin after one more step; a tensor that has none, since compaction made it, gets none."""
    return {name: step.after(origin[name]) for name, step in steps.items() if name in origin}
