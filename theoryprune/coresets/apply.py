"""Applying coresets to a network: the one place where channels are lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from theoryprune.coresets.constant_change import channel_shifts
from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.coresets.hidden import Consumer, Hidden
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.coresets.intercept import intercept_of
from theoryprune.coresets.matrices import as_array, outgoing_of, weight_layer, with_outgoing
from theoryprune.coresets.record import LayerCoreset
from theoryprune.geometry.arguments import Floats, Indices
from theoryprune.graph.evaluate import require_values
from theoryprune.layers import BatchNorm, Layer, WeightLayer
from theoryprune.types import WeightGraph


def apply_coreset(graph: WeightGraph, coresets: Mapping[str, GroupCoreset | LayerCoreset]) -> WeightGraph:
    """Return the graph with the pruned channels silent and the new outgoing weights in place; every shape stays.

    Parameters
    ----------
    graph : WeightGraph
    coresets : mapping of str to GroupCoreset or LayerCoreset
        By the name of the channel group. A `LayerCoreset` is one of a `hidden_layer` with a single reading.

    Returns
    -------
    WeightGraph
        Rows, biases and batch norms of pruned channels are zero, and so are the columns that read them: `compact`
        removes them and computes the same function. A coreset that keeps every unit changes nothing.

    Raises
    ------
    ValueError
        If a name is no removable group, no channel of it can be removed, or a coreset is of a layer of another size.

    Notes
    -----
    Outgoing weights are cast to the dtype of the graph here. Where a batch norm follows the activation its shift goes
    into the consumer's bias, exactly but for that cast; where the coreset has means, so does all that the new weights
    leave of the mean (`intercept_of`). Cost: a copy of the weights that change.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    >>> graph = tp.extract(net, (4,))
    >>> layer = tp.coresets.hidden_layer(graph, "0")
    >>> small = tp.compact(apply_coreset(graph, {"0": tp.coresets.merge(layer.incoming, layer.outgoing, 3)}))
    >>> small.weights["2.weight"].shape
    torch.Size([2, 3])
    """
    require_values(graph, "apply_coreset")
    groups = {hidden.group.name: hidden for hidden in hidden_groups(graph)}
    for name, coreset in coresets.items():
        if name not in groups:
            raise ValueError(f"coresets: '{name}' is no removable channel group; they are {list(groups)}")
        whole = (
            GroupCoreset(name, coreset.kept, coreset.units, (coreset,))
            if isinstance(coreset, LayerCoreset)
            else coreset
        )
        graph = applied(graph, groups[name], whole)
    return graph


def applied(graph: WeightGraph, hidden: Hidden, coreset: GroupCoreset) -> WeightGraph:
    """`apply_coreset` for one group whose structure is known."""
    _check(graph, hidden, coreset)
    if coreset.is_identity:
        return graph
    changed: dict[str, Layer] = {}
    means = iter(coreset.means or [None] * len(hidden.consumers))
    for reading, part in zip(hidden.readings, coreset.readings, strict=True):
        first = 0
        for consumer in reading:
            height = len(outgoing_of(graph, consumer))
            rows = slice(first, first + height)
            new = _consumer(graph, consumer, coreset.kept, part.outgoing[rows], next(means))
            changed[consumer.layer] = new if part.shift is None else _shifted(new, part.shift[rows])
            first += height
    for axis in hidden.group.axes:
        if axis.side == "out":
            gone = (axis.channels >= 0) & ~np.isin(axis.channels, coreset.kept)
            layer = changed.get(axis.layer, graph.by_name[axis.layer])
            changed[axis.layer] = _silent(layer, torch.from_numpy(gone).to(graph.device))
    return replace(graph, layers=tuple(changed.get(layer.name, layer) for layer in graph.layers))


def _check(graph: WeightGraph, hidden: Hidden, coreset: GroupCoreset) -> None:
    name = hidden.group.name
    if hidden.refusal and not coreset.is_identity:
        raise ValueError(f"coresets: no channel of '{name}' can be removed: {hidden.refusal}")
    heights = [sum(len(outgoing_of(graph, consumer)) for consumer in reading) for reading in hidden.readings]
    found = [len(part.outgoing) for part in coreset.readings]
    if coreset.units != hidden.units or found != heights:
        raise ValueError(
            f"coresets: '{name}' has {hidden.units} units and readings with {heights} outgoing weights, the coreset "
            f"{coreset.units} and {found}; is it one of another graph?"
        )
    if len(coreset.means) not in (0, len(hidden.consumers)):
        raise ValueError(f"coresets: '{name}' has {len(hidden.consumers)} readers, the coreset {len(coreset.means)}")
    counts = np.bincount(hidden.blocks[coreset.kept], minlength=hidden.step)
    if (counts != counts[0]).any():
        raise ValueError(f"coresets: '{name}' must keep equally many units of each block, got {counts.tolist()}")


def _consumer(
    graph: WeightGraph, consumer: Consumer, kept: Indices, weights: Floats, means: Floats | None
) -> WeightLayer:
    layer = weight_layer(graph, consumer.layer)
    new = replace(layer, weight=with_outgoing(graph, consumer, kept, weights))
    if means is None and not consumer.units.offset.any():
        return new
    shape = layer.groups, len(layer.weight) // layer.groups, -1
    old, fresh = (as_array(one.weight).reshape(shape) for one in (layer, new))
    values = channel_shifts(layer, consumer, means).cpu().numpy()
    values = values.repeat(old.shape[2] // layer.weight.shape[1]).reshape(layer.groups, -1)  # every tap reads one
    return _with_constant(new, intercept_of(old, fresh, values, torch.finfo(layer.weight.dtype).eps).reshape(-1))


def _shifted(layer: WeightLayer, shift: Floats) -> WeightLayer:
    """The layer with the constants of its rows, outputs by taps, in the bias."""
    if layer.groups > 1:
        raise ValueError(f"coresets: the shift of a coreset has no meaning for '{layer.name}', which has groups")
    return _with_constant(layer, shift.reshape(len(layer.weight), -1).sum(axis=1))


def _with_constant(layer: WeightLayer, constant: Floats) -> WeightLayer:
    lost = torch.from_numpy(constant).to(layer.weight.device)
    bias = lost if layer.bias is None else layer.bias.detach().to(torch.float64) + lost
    return replace(layer, bias=bias.to(layer.weight.dtype), names={**layer.names, "bias": layer.bias_name})


def _silent(layer: Layer, gone: Tensor) -> Layer:
    """Return the layer with zeros in the given output channels."""

    def cleared(tensor: Tensor) -> Tensor:
        return torch.where(gone.reshape(-1, *(1 for _ in tensor.shape[1:])), tensor.new_zeros(()), tensor)

    fields = ("weight", "bias", "running_mean") if isinstance(layer, BatchNorm) else ("weight", "bias")
    return layer.with_tensors({key: cleared(tensor) for key, tensor in layer.tensors() if key in fields})
