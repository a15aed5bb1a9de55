"""A graph of which only some channels stay."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from theoryprune.graph.channels import ChannelMap
from theoryprune.graph.origins import compose, moved
from theoryprune.graph.simplify import drop_unread
from theoryprune.layers import Channels, Concat, Layer
from theoryprune.types import WeightGraph


@dataclass(frozen=True, eq=False)
class Selection:
    """Which channels stay.

    Parameters
    ----------
    chart : ChannelMap
    keep : bool array of shape (chart.count,)
        For each atom whether it stays; what every operator needs is among them (`required`).
    """

    chart: ChannelMap
    keep: Channels

    def kept(self, name: str) -> Channels:
        """Return for each channel of a tensor whether it stays."""
        return self.keep[self.chart.atoms[name]]

    def stays(self, name: str) -> bool:
        """Whether anything of a tensor stays."""
        return self._positions[name].shape[0] > 0

    def places(self, layer: Layer) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return which outputs and which inputs of a record stay."""
        return self._positions[layer.name], tuple(self._positions[name] for name in layer.inputs)

    @cached_property
    def _positions(self) -> dict[str, Tensor]:
        return {name: torch.from_numpy(np.flatnonzero(self.kept(name))) for name in self.chart.atoms}

    def of(self, graph: WeightGraph, *, traced: bool = False) -> WeightGraph:
        """Return the graph without the other channels: index selection only.

        Records of which nothing stays, or that nothing reads any more, vanish, and so do those parts of a
        concatenation. Where a graph has an origin, that of the new one says where its entries were at first; one
        without is taken as it is, if the new one is to be `traced`. A record of which everything stays is not copied.
        """
        left = [layer for layer in graph.layers if self.stays(layer.name)]
        smaller = drop_unread(replace(graph, layers=tuple(self._select(layer) for layer in left)))
        if graph.origin is None and not traced:
            return smaller
        there = [layer for layer in left if layer.name in smaller.by_name]
        steps = {name: step for layer in there for name, step in moved(layer, *self.places(layer)).items()}
        return replace(smaller, origin=steps if graph.origin is None else compose(graph.origin, steps))

    @cached_property
    def _whole(self) -> frozenset[str]:
        return frozenset(name for name, left in self._positions.items() if left.shape[0] == len(self.chart.atoms[name]))

    def _select(self, layer: Layer) -> Layer:
        if self._whole.issuperset((layer.name, *layer.inputs)):
            return layer
        if isinstance(layer, Concat):
            layer = replace(layer, inputs=tuple(name for name in layer.inputs if self.stays(name)))
        out, ins = self.places(layer)
        return layer.select(out, *ins)
