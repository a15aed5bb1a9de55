"""Batch norms taken into the weights before them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import torch

from theoryprune.graph.evaluate import require_values
from theoryprune.layers import BatchNorm, Layer, WeightLayer
from theoryprune.types import WeightGraph


def fold_batch_norms(graph: WeightGraph) -> WeightGraph:
    """Return the graph without the batch norms that directly follow a weight layer.

    Parameters
    ----------
    graph : WeightGraph

    Returns
    -------
    WeightGraph
        With fewer records and other weights and biases; the same function up to the cast of these to the graph's
        dtype. Batch norms after anything else, and those of layers that something else reads too, stay.

    Raises
    ------
    TypeError, ValueError
        If `graph` is no weight graph with values.

    Notes
    -----
    ``gamma (w x + b - mu) / sqrt(var + eps) + beta`` is linear in x; its coefficients are computed in float64. Cost:
    one pass over the weights.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> graph = tp.extract(torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)), (3,))
    >>> [layer.kind for layer in fold_batch_norms(graph).layers]
    ['linear']
    """
    require_values(graph, "fold_batch_norms")
    readers = Counter(name for layer in graph.layers for name in layer.inputs)
    readers[graph.output] += 1
    records: dict[str, Layer] = {}
    end: dict[str, str] = {}
    for original in graph.layers:
        layer = replace(original, inputs=tuple(end.get(name, name) for name in original.inputs))
        before = records.get(layer.inputs[0]) if len(layer.inputs) == 1 else None
        if isinstance(layer, BatchNorm) and isinstance(before, WeightLayer) and readers[original.inputs[0]] == 1:
            records[before.name] = _folded(before, layer)
            end[layer.name] = before.name
        else:
            records[layer.name] = layer
    left = replace(graph, layers=tuple(records.values()), output=end.get(graph.output, graph.output))
    names = set(left.state_dict())
    return replace(left, frozen=graph.frozen & names, buffers=graph.buffers & names)


def _folded(layer: WeightLayer, norm: BatchNorm) -> WeightLayer:
    scale, shift = norm.affine()
    weight = layer.weight.to(torch.float64) * scale.reshape(-1, *(1 for _ in layer.weight.shape[1:]))
    bias = shift if layer.bias is None else shift + scale * layer.bias.to(torch.float64)
    dtype = layer.weight.dtype
    names = {**layer.names, "bias": layer.bias_name}
    return replace(layer, weight=weight.to(dtype), bias=bias.to(dtype), names=names)
