"""Removing channels that are told, whatever their weights are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from theoryprune.graph.channels import ChannelMap, channel_map, group_atoms
from theoryprune.graph.evaluate import require_graph
from theoryprune.graph.required import required
from theoryprune.graph.selection import Selection
from theoryprune.layers import Channels, Conv
from theoryprune.types import WeightGraph


def remove_channels(graph: WeightGraph, kept: Mapping[str, Sequence[int] | Channels]) -> WeightGraph:
    """Return the network without all but the given channels of some groups.

    Parameters
    ----------
    graph : WeightGraph
        Values are not needed: a graph on the meta device will do.
    kept : mapping of str to sequence of int
        For names of removable `channel_groups`, the numbers of the channels that stay, in any order; the coresets of a
        reduction hold them. Groups that it does not name stay whole.

    Returns
    -------
    WeightGraph
        The rows, columns, biases and statistics of the channels that stay, in their order, bit for bit. Records of
        which nothing stays, or that nothing reads any more, vanish, and so do those parts of a concatenation. Tensors
        of which everything stays are shared with `graph`. `remap_optimizer` knows where the entries were.

    Raises
    ------
    TypeError
        If `graph` or `kept` is of another kind, or the numbers are no integers.
    ValueError
        If a name is no removable group; if the numbers of a group are none at all, out of range or not distinct; if a
        record that stays would be left with nothing to read, or a grouped convolution with unequal groups.

    Notes
    -----
    *Theorem.* Let every removed channel be silent, that is: zero for all inputs, or read with zero weights only. Then
    the smaller network computes the same function, in real arithmetic. *Proof.* By induction along the graph the
    channels that stay have the values they had: sums lose terms that are zero. If besides every channel that stays
    matters, nothing else can go, and the result is that of `compact`. Where the channels are not silent the function is
    another one, and nothing makes up for it; `apply_coreset` does that first.

    Nothing is looked at but the shapes, and every tensor is copied once. Cost: that copy.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))
    >>> small = tp.remove_channels(tp.extract(net, (4,)), {"0": [0, 2]})
    >>> [tuple(weight.shape) for weight in small.weights.values()]
    [(2, 4), (2, 2)]
    """
    require_graph(graph)
    if not isinstance(kept, Mapping):
        raise TypeError(f"kept must be a mapping of group names to channel numbers, got {type(kept).__name__}")
    chart = channel_map(graph)
    groups, fixed = group_atoms(graph)
    keep = np.ones(chart.count, dtype=bool)
    for name, numbers in kept.items():
        if name not in groups or name in fixed:
            reason = "holds channels of the network's input or output" if name in fixed else "is no channel group"
            raise ValueError(f"kept: '{name}' {reason}; the removable ones are {[g for g in groups if g not in fixed]}")
        stay = groups[name][_numbers(name, numbers, len(groups[name]))]
        keep[groups[name]] = False
        keep[stay] = True
    _check_operators(graph, chart, keep)
    return Selection(chart, keep).of(graph, traced=True)


def _numbers(name: str, numbers: Sequence[int] | Channels, size: int) -> Channels:
    """Return the numbers as an array, checked."""
    found = np.asarray(numbers)
    if found.ndim != 1:
        raise ValueError(f"kept['{name}'] must be a sequence of channel numbers, got {numbers!r}")
    if not found.size:
        raise ValueError(f"kept['{name}'] must hold at least one channel, got none; a group cannot vanish as a whole")
    if not np.issubdtype(found.dtype, np.integer):
        raise TypeError(f"kept['{name}'] must hold integers, got {found.dtype}; for flags give np.flatnonzero(flags)")
    if found.min() < 0 or found.max() >= size:
        raise ValueError(f"kept['{name}'] must hold numbers from 0 to {size - 1}, got {found.min()} to {found.max()}")
    if (counts := np.bincount(found.astype(np.int64))).max() > 1:
        raise ValueError(f"kept['{name}'] must hold each number once, got {np.argmax(counts > 1)} more than once")
    return found


def _check_operators(graph: WeightGraph, chart: ChannelMap, keep: Channels) -> None:
    """Raise unless every record that stays has something to read, and equal groups."""
    for layer in graph.layers:
        if not required(layer, chart, keep):
            continue
        gone = [name for name in layer.inputs if not keep[chart.atoms[name]].any()]
        if gone:
            raise ValueError(
                f"kept leaves '{layer.name}' nothing to read: all channels of '{gone[0]}' would go; keep one"
            )
        counts = {
            side: keep[atoms].reshape(layer.groups if isinstance(layer, Conv) else 1, -1).sum(1).tolist()
            for side, atoms in (("outputs", chart.atoms[layer.name]), ("inputs", chart.of_inputs(layer)[0]))
        }
        raise ValueError(
            f"kept must leave every group of the convolution '{layer.name}' equally many outputs, and inputs, or none "
            f"of either; it leaves {counts}"
        )
