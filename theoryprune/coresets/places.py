"""Where the units of a channel group stand among the channels of a layer."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from theoryprune.geometry.arguments import Floats, Indices
from theoryprune.graph.channels import ChannelMap
from theoryprune.layers import Conv
from theoryprune.types import ChannelGroup, WeightGraph


def unit_numbers(graph: WeightGraph, group: ChannelGroup, chart: ChannelMap) -> Indices:
    """Return for each atom of the chart its number within the group, or -1."""
    number = np.full(chart.count, -1, dtype=np.int64)
    for axis in group.axes:
        layer = graph.by_name[axis.layer]
        atoms = chart.atoms[layer.name] if axis.side == "out" else chart.of_inputs(layer)[0]
        number[atoms[axis.channels >= 0]] = axis.channels[axis.channels >= 0]
    return number


def unit_places(numbers: Indices, size: int) -> Indices:
    """Return the channels that hold each unit.

    Parameters
    ----------
    numbers : ndarray of int, shape (channels,)
        The unit in each channel, -1 for others.
    size : int
        n, how many units there are.

    Returns
    -------
    ndarray of int, shape (n, k)
        Ascending; -1 for units that are not there. Of shape (n, 0) if some units have more channels than others.
    """
    order = np.argsort(numbers, kind="stable")[int((numbers < 0).sum()) :]
    counts = np.bincount(numbers[order], minlength=size)
    if len(set(counts[counts > 0].tolist())) != 1:
        return np.empty((size, 0), dtype=np.int64)
    places = np.full((size, int(counts.max())), -1, dtype=np.int64)
    places[counts > 0] = order.reshape(-1, places.shape[1])
    return places


def first_channels(numbers: Indices, size: int) -> Indices:
    """Return for each unit the first channel that holds it, or -1."""
    first = np.full(size, -1, dtype=np.int64)
    channels = np.flatnonzero(numbers >= 0)[::-1]
    first[numbers[channels]] = channels
    return first


def per_unit(values: Tensor, channels: Indices, absent: float) -> Floats:
    """Return the values of the channels that hold the units, shape (n,), float64; `absent` where there is none."""
    found = values.detach().to(torch.float64).cpu().numpy()[np.maximum(channels, 0)]
    return np.where(channels >= 0, found, absent)


def even_blocks(
    graph: WeightGraph, written: Iterable[tuple[str, Indices]], read: Iterable[tuple[str, Indices]], size: int
) -> tuple[Indices, str]:
    """Return which units may mix: those in the same group of every grouped convolution that writes or reads them.

    Parameters
    ----------
    graph : WeightGraph
    written, read : iterable of (str, ndarray of shape (n, k))
        Weight layers and the output, respectively input channels that hold each unit.
    size : int

    Returns
    -------
    ndarray of int, shape (n,)
        The block of each unit. All blocks have equally many.
    str
        Why there are no such blocks, or nothing.
    """
    one = np.zeros(size, dtype=np.int64)
    labels = [one]
    for name, places, reads in [*((*pair, False) for pair in written), *((*pair, True) for pair in read)]:
        layer = graph.by_name[name]
        if isinstance(layer, Conv) and layer.groups > 1 and not layer.depthwise:
            per = layer.weight.shape[1] if reads else layer.weight.shape[0] // layer.groups
            block = np.where(places >= 0, places // per, -1)
            if (block != block[:, :1]).any():
                return one, f"the groups of '{name}' cut through its units"
            labels.append(block[:, 0])
    blocks = np.unique(np.stack(labels, axis=1), axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    counts = np.bincount(blocks)
    return (blocks, "") if (counts == counts[0]).all() else (one, "grouped convolutions split its channels unevenly")
