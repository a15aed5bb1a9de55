"""How many prunable weights lie on a path: the least and the largest number, from the input to the output."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor

from theoryprune.errors import LayerCollapseError
from theoryprune.graph.evaluate import require_values, walk
from theoryprune.graph.reach import reach
from theoryprune.layers import Layer, WeightLayer
from theoryprune.types import WeightGraph

Levels = dict[int, Tensor]
"""Channels by the number of weights on the way to them: bool tensors of shape (channels,), no channel in two."""


def path_lengths(graph: WeightGraph, protect: Collection[str] = ()) -> tuple[int, int]:
    """Return the least and the largest number of prunable weights on an input-output path.

    Parameters
    ----------
    graph : WeightGraph
        Its weights that are 0 lie on no path.
    protect : collection of str
        Names of weights that are never pruned, so that they do not count.

    Returns
    -------
    shortest, longest : int
        0 where some path (where every path) has no weight that counts.

    Raises
    ------
    LayerCollapseError
        If there is no path.
    TypeError, ValueError, UnsupportedLayerError
        If `graph` is no graph, has no values, or a layer has no rule for what reaches what.

    Notes
    -----
    A connected mask keeps at least `shortest` weights, and one of so many exists; a mask in which every weight lies on
    every path has at most `longest`. Dynamic programming channel by channel, for a concatenation or a slice may hide a
    short path from part of the channels. A kernel counts as one weight between two channels, also where one of its taps
    reads nothing but padding. Cost: as `theoryprune.graph.reach.sweep`, times the number of lengths that occur in one
    tensor.

    Examples
    --------
    >>> from theoryprune.graph.extract import extract
    >>> path_lengths(extract(torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1)), (2,)))
    (2, 2)
    """
    require_values(graph, "path_lengths")
    shortest, longest = (_walk(graph, frozenset(protect), far) for far in (False, True))
    if not shortest or not longest:
        raise LayerCollapseError(
            "no input reaches an output: a layer is all zeros, or a batch norm has scale 0. Initialise or load the "
            "weights first"
        )
    return min(shortest), max(longest)


def _walk(graph: WeightGraph, protect: frozenset[str], far: bool) -> Levels:
    """Carry the least counts (with `far`, the largest) of all channels to the output."""

    def step(layer: Layer, *read: Levels) -> Levels:
        counted = isinstance(layer, WeightLayer) and layer.weight_name not in protect
        channels = [graph.shapes[name][0] for name in layer.inputs]
        seen = torch.zeros(graph.shapes[layer.name][0], dtype=torch.bool, device=graph.device)
        out: Levels = {}
        for count in sorted({count for levels in read for count in levels}, reverse=far):
            # Nothing reaches a channel but over the channels of some count, so the first one to do so is the extreme.
            live = (levels.get(count, seen.new_zeros(size)) for levels, size in zip(read, channels, strict=True))
            fresh = reach(layer, *live) & ~seen
            if bool(fresh.any()):
                out[count + counted] = fresh
                seen = seen | fresh
        return out

    start = {0: torch.ones(graph.input_shape[0], dtype=torch.bool, device=graph.device)}
    return walk(graph, start, step)
