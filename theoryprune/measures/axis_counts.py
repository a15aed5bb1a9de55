"""How many channels an axis of a layer has, by the widths of the channel groups on it."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence

import numpy as np

from theoryprune.graph.channels import channel_groups, channel_map
from theoryprune.layers import Channels, Conv
from theoryprune.measures.by_width import Monomial
from theoryprune.types import GroupAxis, WeightGraph


class AxisCounts:
    """Counts along the axes of a graph, in terms of the widths of its removable groups.

    Parameters
    ----------
    graph : WeightGraph
    orders : mapping of str to sequence of int
        As for `width_cost`.

    Attributes
    ----------
    chart : ChannelMap
    sizes : dict of str to int
        The removable groups.
    multiples : dict of str to int
        What their widths must be multiples of, as far as the axes counted so far tell.
    tables : dict of str to dict of bytes to sequence of int
        The distinct ways in which the channels of a group are counted, each by width.
    scale : int
        The least common multiple of the numbers of groups of the convolutions.
    """

    def __init__(self, graph: WeightGraph, orders: Mapping[str, Sequence[int]]) -> None:
        self.chart = channel_map(graph)
        groups = [group for group in channel_groups(graph) if group.removable]
        self.sizes = {group.name: group.size for group in groups}
        self.tables: dict[str, dict[bytes, Sequence[int]]] = {name: {} for name in self.sizes}
        self.multiples = dict.fromkeys(self.sizes, 1)
        self.orders = {name: _as_order(name, self.sizes, order) for name, order in orders.items()}
        self.owner = np.full(self.chart.count, -1, np.int64)
        self.number = np.zeros(self.chart.count, np.int64)
        for index, group in enumerate(groups):
            for axis in group.axes:
                atoms = self._atoms(graph, axis)
                mine = axis.channels >= 0
                self.owner[atoms[mine]], self.number[atoms[mine]] = index, axis.channels[mine]
        self.names = [group.name for group in groups]
        self.scale = math.lcm(*(layer.groups for layer in graph.layers if isinstance(layer, Conv)))
        for layer in graph.layers:
            if isinstance(layer, Conv) and layer.groups > 1 and not layer.depthwise:
                self._share(self.chart.atoms[layer.name], layer.groups)
                self._share(self.chart.of_inputs(layer)[0], layer.groups)

    def _atoms(self, graph: WeightGraph, axis: GroupAxis) -> Channels:
        layer = graph.by_name[axis.layer]
        return self.chart.atoms[layer.name] if axis.side == "out" else self.chart.of_inputs(layer)[0]

    def whole(self, name: str) -> dict[Monomial, int]:
        """The width of a group as a count."""
        return {((name, self._table(name, np.ones(self.sizes[name], np.int64))),): 1}

    def counts(self, atoms: Channels) -> dict[Monomial, int]:
        """The number of channels of an axis as a sum of counts."""
        owner = self.owner[atoms]
        found: dict[Monomial, int] = {(): int((owner < 0).sum())}
        for index in np.unique(owner[owner >= 0]).tolist():
            name = self.names[index]
            times = np.bincount(self.number[atoms[owner == index]], minlength=self.sizes[name])
            common = int(np.gcd.reduce(times))
            found[((name, self._table(name, times // common)),)] = common
        return found

    def smallest(self, name: str) -> int:
        """The least width at which no axis that the group is on has lost all of it."""
        return max((bisect_left(table, 1) for table in self.tables[name].values()), default=1)

    def _table(self, name: str, times: Channels) -> int:
        """The number of the table of a group that counts its channels `times` each."""
        tables, size = self.tables[name], self.sizes[name]
        if times.tobytes() not in tables:
            alike = bool((times == 1).all())
            if not alike and name not in self.orders:
                self.multiples[name] = size  # which channels go is not known, so none does
            order = self.orders.get(name, np.arange(size))
            tables[times.tobytes()] = range(size + 1) if alike else (0, *np.cumsum(times[order]).tolist())
        return list(tables).index(times.tobytes())

    def _share(self, atoms: Channels, parts: int) -> None:
        """Note that an axis needs equally many channels in each of its parts."""
        blocks = atoms.reshape(parts, -1)
        for index in np.unique(self.owner[atoms][self.owner[atoms] >= 0]).tolist():
            name = self.names[index]
            inside = (self.owner[blocks] == index).sum(axis=1)
            times = np.bincount(self.number[atoms[self.owner[atoms] == index]], minlength=self.sizes[name])
            even = len(set(inside.tolist())) == 1 and (times == times[0]).all() and self.sizes[name] % parts == 0
            step = math.lcm(self.multiples[name], parts) if even else self.sizes[name]
            self.multiples[name] = min(step, self.sizes[name])


def _as_order(name: str, sizes: Mapping[str, int], order: Sequence[int]) -> Channels:
    if name not in sizes:
        raise ValueError(f"orders names '{name}', which is no removable channel group; they are {list(sizes)}")
    found = np.asarray(order)
    if found.shape != (sizes[name],) or not np.array_equal(np.sort(found), np.arange(sizes[name])):
        raise ValueError(f"orders: that of '{name}' must hold 0 to {sizes[name] - 1}, each once, got {order}")
    return found.astype(np.int64)
