"""Which channels live and die together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from theoryprune.graph.evaluate import require_graph
from theoryprune.layers import BatchNorm, Channels, Layer, WeightLayer
from theoryprune.types import INPUT, ChannelGroup, GroupAxis, ReadOnly, WeightGraph


@dataclass(eq=False)
class _Numbering:
    """Hands out channel numbers and remembers which are tied (the `Coupling` of the layer records)."""

    count: int = 0
    ties: list[tuple[Channels, Channels]] = field(default_factory=list)

    def fresh(self, count: int) -> Channels:
        numbers = np.arange(self.count, self.count + count, dtype=np.int64)
        self.count += count
        return numbers

    def tie(self, first: Channels, second: Channels) -> None:
        self.ties.append((first, second))


@dataclass(frozen=True, eq=False)
class ChannelMap:
    """The atom of every channel of every tensor of a graph.

    Parameters
    ----------
    atoms : dict of str to numpy array of int64
        For each record (and `INPUT`), the atom of each of its output channels. Two channels have one atom exactly if
        neither can be removed without the other.
    count : int
        Number of atoms.
    """

    atoms: dict[str, Channels]
    count: int

    def of_inputs(self, layer: Layer) -> list[Channels]:
        """Return the atoms of each tensor that the layer reads."""
        return [self.atoms[name] for name in layer.inputs]


_MAPS: WeakKeyDictionary[WeightGraph, ChannelMap] = WeakKeyDictionary()
_ATOMS: WeakKeyDictionary[WeightGraph, tuple[Mapping[str, Channels], frozenset[str]]] = WeakKeyDictionary()


def channel_map(graph: WeightGraph) -> ChannelMap:
    """Number the channels of every tensor so that tied ones share a number.

    Notes
    -----
    Weight layers open new channels; everything else passes them on; additions and depthwise convolutions tie them.
    The atoms are the connected components of the ties (SciPy). Cost: linear in the number of channels, once for each
    graph: shapes never change, so the map is kept as long as the graph is.
    """
    if graph not in _MAPS:
        _MAPS[graph] = _numbered(graph)
    return _MAPS[graph]


def _numbered(graph: WeightGraph) -> ChannelMap:
    numbering = _Numbering()
    channels: dict[str, Channels] = {INPUT: numbering.fresh(graph.input_shape[0])}
    for layer in graph.layers:
        channels[layer.name] = layer.couple(numbering, *(channels[name] for name in layer.inputs))
    atoms = _components(numbering.count, numbering.ties)
    return ChannelMap({n: _frozen(atoms[numbers]) for n, numbers in channels.items()}, int(atoms.max()) + 1)


def channel_groups(graph: WeightGraph) -> tuple[ChannelGroup, ...]:
    """Return the groups of channels that are pruned together, in the order of the first layer that writes them.

    Parameters
    ----------
    graph : WeightGraph
        Values are not needed: a graph on the meta device will do.

    Returns
    -------
    tuple of ChannelGroup
        Two channels lie in one *atom* if neither can be removed without the other; two atoms lie in one group if some
        tensor written by a weight layer holds both. A group is a list of interchangeable choices ("remove channel k of
        this residual stream"), an atom one of them. Groups of the network's input and output are marked as not
        removable.

    Notes
    -----
    Convolutions with groups (other than depthwise) additionally need the same number of channels in each group; that
    is a constraint on the choice and not a tie, and `compact` sees to it.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))
    >>> [(group.name, group.size, group.removable) for group in tp.channel_groups(tp.extract(net, (4,)))]
    [('<input>', 4, False), ('0', 3, True), ('2', 2, False)]
    """
    require_graph(graph)
    chart = channel_map(graph)
    owner = _owners(graph, chart)
    fixed = _fixed(graph, chart, owner)
    number = np.empty(chart.count, dtype=np.int64)
    members = _members(owner)
    for atoms in members:
        number[atoms] = np.arange(len(atoms))
    axes: dict[int, list[GroupAxis]] = {group: [] for group in range(len(members))}
    for layer in graph.layers:
        sides = [("out", chart.atoms[layer.name])] if isinstance(layer, WeightLayer | BatchNorm) else []
        if isinstance(layer, WeightLayer):
            sides.append(("in", chart.of_inputs(layer)[0]))
        for side, atoms in sides:
            for group in dict.fromkeys(owner[atoms].tolist()):
                mine = owner[atoms] == group
                axes[group].append(
                    GroupAxis(layer.name, "out" if side == "out" else "in", np.where(mine, number[atoms], -1))
                )
    names = _group_names(graph, chart, owner)
    return tuple(ChannelGroup(names[g], len(members[g]), tuple(axes[g]), g not in fixed) for g in names)


def group_atoms(graph: WeightGraph) -> tuple[Mapping[str, Channels], frozenset[str]]:
    """Return the atoms of each channel group in the order of their numbers, and which groups cannot be removed.

    Kept as long as the graph is.
    """
    if graph not in _ATOMS:
        chart = channel_map(graph)
        owner = _owners(graph, chart)
        names, members, fixed = _group_names(graph, chart, owner), _members(owner), _fixed(graph, chart, owner)
        atoms = ReadOnly({name: _frozen(members[group]) for group, name in names.items()})
        _ATOMS[graph] = atoms, frozenset(names[group] for group in fixed)
    return _ATOMS[graph]


def _frozen(numbers: Channels) -> Channels:
    """Many readers share an array that is kept: nobody may write to it."""
    numbers.setflags(write=False)
    return numbers


def _fixed(graph: WeightGraph, chart: ChannelMap, owner: Channels) -> set[int]:
    """The groups of the network's input and output."""
    return {int(group) for name in (INPUT, graph.output) for group in owner[chart.atoms[name]]}


def _members(owner: Channels) -> list[Channels]:
    """The atoms of each group, ascending."""
    return np.split(np.argsort(owner, kind="stable"), np.cumsum(np.bincount(owner))[:-1])


def _owners(graph: WeightGraph, chart: ChannelMap) -> Channels:
    """For each atom, the number of its group: atoms that one weight layer writes (or the input holds) go together."""
    written = [INPUT, *(layer.name for layer in graph.layers if isinstance(layer, WeightLayer))]
    together = [(np.full_like(atoms, atoms[0]), atoms) for name in written if len(atoms := chart.atoms[name])]
    return _components(chart.count, together)


def _components(count: int, pairs: Sequence[tuple[Channels, Channels]]) -> Channels:
    """Number the connected components of some numbers by pairs of them, in the order of their first members."""
    none = np.empty(0, np.int64)
    first, second = (np.concatenate([none, *(pair[side] for pair in pairs)]) for side in (0, 1))
    ties = coo_array((np.ones(len(first), dtype=bool), (first, second)), shape=(count, count))
    label = connected_components(ties, directed=False)[1]
    leaders = np.unique(label, return_index=True)[1][label]
    numbers: Channels = np.unique(leaders, return_inverse=True)[1].astype(np.int64)
    return numbers


def _group_names(graph: WeightGraph, chart: ChannelMap, owner: Channels) -> dict[int, str]:
    """Name each group by the first record that writes it, in the order of the network."""
    names: dict[int, str] = {}
    for name in (INPUT, *(layer.name for layer in graph.layers if isinstance(layer, WeightLayer))):
        names.setdefault(int(owner[chart.atoms[name][0]]), name)
    return names
