"""Channels that matter: those whose value can still change an output, once constants are folded away."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from theoryprune.graph.constants import Constants, blocking
from theoryprune.graph.joins import Joins
from theoryprune.graph.reach import back_along
from theoryprune.layers import WeightLayer
from theoryprune.types import WeightGraph


def find_needs(graph: WeightGraph, known: Mapping[str, Constants], joins: Mapping[str, Joins]) -> dict[str, Tensor]:
    """Return for every record (and `INPUT`) a bool tensor (channels,): whether some reader depends on the channel.

    Parameters
    ----------
    graph : WeightGraph
    known : mapping of str to Constants
        From `find_constants`.
    joins : mapping of str to Joins
        From `find_joins`.

    Notes
    -----
    One sweep from the output, whose channels are all needed. A weight layer does not need an input on which no needed
    output has a non-zero weight (`Joins.back`), nor one that is constant and can move into its bias.
    """
    needed = {name: torch.zeros_like(known[name].varying) for name in graph.shapes}
    needed[graph.output][:] = True
    for layer in reversed(graph.layers):
        read = back_along(joins, layer, needed[layer.name], *(len(needed[name]) for name in layer.inputs))
        for name, channels in zip(layer.inputs, read, strict=True):
            needed[name] |= channels & blocking(layer, known[name]) if isinstance(layer, WeightLayer) else channels
    return needed
