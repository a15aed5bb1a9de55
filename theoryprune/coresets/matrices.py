"""Hidden layers as matrices: the rows of their units, and what their consumers multiply them by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from theoryprune.coresets.hidden import Consumer, Hidden, sums_of
from theoryprune.coresets.units import Sum
from theoryprune.geometry.arguments import Floats, Indices
from theoryprune.layers import Conv, WeightLayer
from theoryprune.types import WeightGraph


@dataclass(frozen=True, eq=False)
class Rows:
    """The incoming weights of units, batch norms folded in.

    Parameters
    ----------
    weights : ndarray, shape (n, d)
        Filters as rows, those of several producers side by side.
    bias : ndarray, shape (n,)
        Zeros where activations are summed: their biases are columns of `weights`.
    """

    weights: Floats
    bias: Floats

    def lifted(self, tau: float = 1.0) -> Floats:
        """Return the rows with ``bias / tau`` as the last column, if there is any."""
        return np.column_stack([self.weights, self.bias / tau]) if self.bias.any() else self.weights


def rows_of(graph: WeightGraph, hidden: Hidden, reading: tuple[Consumer, ...]) -> Rows:
    """Return the rows of the units as one reading sees them.

    Parameters
    ----------
    graph : WeightGraph
        It, or one of the same shape: only weights and biases of the producers are looked at.
    hidden : Hidden
    reading : tuple of Consumer
    """
    sums = sums_of(reading)
    # A unit that every consumer multiplies by 0 is none: it must not stand for others.
    alive = np.any([consumer.units.scale != 0 for consumer in reading], axis=0)
    if len(sums) == 1:
        weights, bias = _row(graph, hidden, sums[0])
        return Rows(alive[:, None] * weights, alive * bias)
    columns = [column for part in sums for column in _row(graph, hidden, part)]
    return Rows(alive[:, None] * np.column_stack(columns), np.zeros(hidden.units))


def _row(graph: WeightGraph, hidden: Hidden, part: Sum) -> tuple[Floats, Floats]:
    blocks, bias = [], part.shift.copy()
    for name, factor in part.terms:
        if not name:
            continue
        layer, places = weight_layer(graph, name), hidden.producers[name]
        blocks.append(factor[:, None] * own_filters(layer, places))
        if layer.bias is not None:
            offsets = np.where(places >= 0, as_array(layer.bias)[np.maximum(places, 0)], 0.0)
            if offsets.shape[1] > 1:  # a depthwise convolution with several filters for each channel
                blocks.append(factor[:, None] * offsets)
            else:
                bias += factor * offsets[:, 0]
    return np.concatenate(blocks, axis=1) if blocks else np.zeros((hidden.units, 1)), bias


def own_filters(layer: WeightLayer, places: Indices) -> Floats:
    """Return the filters of each unit side by side, shape (n, d): zeros where a place is -1."""
    own = np.where((places >= 0)[:, :, None], _filters(layer)[np.maximum(places, 0)], 0.0)
    return np.asarray(own.reshape(len(own), -1))


def _filters(layer: WeightLayer) -> Floats:
    """Filters as rows over all inputs: those of a grouped convolution with zeros for the inputs they do not see."""
    weight = as_array(layer.weight).reshape(len(layer.weight), -1)
    if layer.groups == 1 or (isinstance(layer, Conv) and layer.depthwise):
        return weight
    wide = np.zeros((layer.groups, len(weight) // layer.groups, layer.groups, weight.shape[1]))
    group = np.arange(layer.groups)
    wide[group, :, group] = weight.reshape(layer.groups, -1, weight.shape[1])
    return wide.reshape(len(weight), -1)


def outgoing_of(graph: WeightGraph, consumer: Consumer) -> Floats:
    """Return what a consumer multiplies the units by, shape (p, n): outputs by taps by columns of a unit.

    Notes
    -----
    For a convolution with groups the outputs of a unit's own group only: rows of units of different groups are
    different outputs.
    """
    layer = weight_layer(graph, consumer.layer)
    weight = as_array(layer.weight).reshape(len(layer.weight), layer.weight.shape[1], -1)
    places, local = np.maximum(consumer.columns, 0), weight.shape[1]
    grouped = weight.reshape(layer.groups, -1, local, weight.shape[2])
    chosen = grouped[places // local, :, places % local]  # (n, k, out per group, taps)
    chosen = np.where((consumer.columns >= 0)[:, :, None, None], chosen, 0.0)
    return np.ascontiguousarray(chosen.transpose(2, 3, 1, 0).reshape(-1, len(places)) * consumer.units.scale)


def with_outgoing(graph: WeightGraph, consumer: Consumer, kept: Indices, weights: Floats) -> Tensor:
    """Return a consumer's weight with these outgoing weights for the kept units and zeros for the others.

    Parameters
    ----------
    graph : WeightGraph
    consumer : Consumer
    kept : ndarray of int, shape (m,)
    weights : ndarray, shape (p, m)
        In the layout of `outgoing_of`.

    Returns
    -------
    Tensor
        Of the weight's dtype and device: cast here, once. Columns whose units are not the group's stay.
    """
    layer = weight_layer(graph, consumer.layer)
    local, scale = layer.weight.shape[1], consumer.units.scale[kept]
    raw = np.where(scale != 0, weights / np.where(scale != 0, scale, 1.0), 0.0)
    new = layer.weight.detach().clone(memory_format=torch.contiguous_format)
    view = new.view(layer.groups, -1, local, new[0, 0].numel())
    every = consumer.columns[consumer.columns >= 0]
    view[torch.from_numpy(every // local), :, torch.from_numpy(every % local)] = 0
    columns = consumer.columns[kept]
    values = raw.reshape(view.shape[1], view.shape[3], columns.shape[1], len(kept)).transpose(3, 2, 0, 1)
    there = columns >= 0
    index = [torch.from_numpy(part) for part in (columns[there] // local, columns[there] % local)]
    view[index[0], :, index[1]] = torch.from_numpy(np.ascontiguousarray(values[there])).to(new)
    return new


def weight_layer(graph: WeightGraph, name: str) -> WeightLayer:
    """Return a weight layer by its name.

    Raises
    ------
    TypeError
        If it is another record.
    """
    layer = graph.by_name[name]
    if not isinstance(layer, WeightLayer):
        raise TypeError(f"'{name}' is no weight layer of the graph: is this the graph of these groups?")
    return layer


def as_array(tensor: Tensor) -> Floats:
    """Return a tensor's values as float64."""
    return tensor.detach().to(torch.float64).cpu().numpy()
