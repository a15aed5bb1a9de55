"""Channels of groups chosen at random and removed from graphs by zeros."""

from dataclasses import replace

import numpy as np
import torch

import theoryprune as tp
from theoryprune.layers import BatchNorm, Conv


def parts_of(graph, group):
    """How the numbers of a group fall into the parts of the grouped convolutions it runs through."""
    for axis in group.axes:
        layer = graph.by_name[axis.layer]
        if isinstance(layer, Conv) and layer.groups > 1 and not layer.depthwise:
            return [block[block >= 0] for block in axis.channels.reshape(layer.groups, -1)]
    return [np.arange(group.size)]


def random_choice(graph, cost, seed, orders=None):
    """Allowed widths, and as many channels of each group: equally many of each part, or the first of the order."""
    draw = np.random.default_rng(seed)
    widths, kept = {}, {}
    for group in tp.channel_groups(graph):
        if not group.removable:
            continue
        widths[group.name] = width = int(draw.choice(cost.allowed(group.name)))
        if orders and group.name in orders:
            kept[group.name] = np.sort(orders[group.name][:width])
            continue
        parts = parts_of(graph, group) if width < group.size else [np.arange(group.size)]
        kept[group.name] = np.concatenate([draw.choice(part, width // len(parts), replace=False) for part in parts])
    return widths, kept


def without(graph, kept):
    """The graph in which the other channels of these groups have zero rows, columns, scales and shifts."""
    records = dict(graph.by_name)
    for group in tp.channel_groups(graph):
        if group.name not in kept:
            continue
        for axis in group.axes:
            gone = torch.from_numpy((axis.channels >= 0) & ~np.isin(axis.channels, kept[group.name]))
            records[axis.layer] = _zeroed(records[axis.layer], axis.side, gone)
    return replace(graph, layers=tuple(records.values()))


def _zeroed(layer, side, gone):
    if side == "out":
        keys = ("weight", "bias") if not isinstance(layer, BatchNorm) else ("weight", "bias", "running_mean")
        tensors = {key: getattr(layer, key).clone() for key in keys if getattr(layer, key) is not None}
        for tensor in tensors.values():
            tensor[gone] = 0
        return layer.with_tensors(tensors)
    weight = layer.weight.clone()
    if layer.groups == 1:
        weight[:, gone] = 0
    elif not layer.depthwise:
        blocks = weight.view(layer.groups, -1, *weight.shape[1:])
        for block, lost in zip(blocks, gone.view(layer.groups, -1), strict=True):
            block[:, lost] = 0
    return layer.with_tensors({"weight": weight})
