"""The least and largest number of weights on a path, against a walk over every channel."""

from math import inf

import networkx as nx
import pytest
import torch
from torch import nn

import theoryprune as tp
from benchmarks.models import resnet20, vgg16_bn
from tests.networks import random_graph, random_mask
from tests.small import Written, normal
from theoryprune.graph.paths import path_lengths
from theoryprune.graph.reach import reach
from theoryprune.layers import WeightLayer
from theoryprune.types import INPUT


def by_channels(graph, protect=()):
    """The same from the graph of all channels, joined by asking `reach` about one channel at a time."""
    channels = nx.DiGraph()
    for layer in graph.layers:
        cost = int(isinstance(layer, WeightLayer) and layer.weight_name not in protect)
        sizes = [graph.shapes[name][0] for name in layer.inputs]
        for k, source in enumerate(layer.inputs):
            for c in range(sizes[k]):
                live = [torch.zeros(size, dtype=torch.bool) for size in sizes]
                live[k][c] = True
                for out in reach(layer, *live).nonzero().view(-1).tolist():
                    channels.add_edge((source, c), (layer.name, out), cost=cost)
    least, most = {}, {}
    for node in nx.topological_sort(channels):
        start = 0 if node[0] == INPUT else None
        costs = [(channels.edges[before, node]["cost"], before) for before in channels.predecessors(node)]
        least[node] = min((least[b] + c for c, b in costs), default=inf) if start is None else 0
        most[node] = max((most[b] + c for c, b in costs), default=-inf) if start is None else 0
    ends = [node for node in channels if node[0] == graph.output]
    return min(least[node] for node in ends), max(most[node] for node in ends)


@pytest.mark.parametrize("seed", range(25))
def test_equal_to_a_walk_over_every_channel(seed):
    graph = random_graph(seed)
    if seed % 2:
        graph = tp.apply_mask(graph, random_mask(graph, 0.5, seed))
    protect = graph.order[:1] if seed % 3 == 0 else ()
    expected = by_channels(graph, protect)
    if expected[0] == inf:
        with pytest.raises(tp.LayerCollapseError):
            path_lengths(graph, protect)
    else:
        assert path_lengths(graph, protect) == expected


def test_a_chain_has_one_length():
    torch.manual_seed(0)
    net = vgg16_bn(width=0.05)
    assert path_lengths(tp.extract(net, net.example_shape)) == (14, 14)


def test_shortcuts_make_short_paths():
    torch.manual_seed(0)
    net = resnet20(width=0.25)
    assert path_lengths(tp.extract(net, net.example_shape)) == (4, 20)


def test_a_path_without_weights():
    net = Written(lambda m, x: x + m.a(x), a=nn.Linear(3, 3))
    assert path_lengths(tp.extract(net, (3,))) == (0, 1)


def test_a_concatenation_may_hide_the_short_path():
    """The shortcut lies in the first two channels, which the head does not read."""
    net = Written(lambda m, x: m.head(torch.cat([x, m.a(x)], 1)[:, 2:]), a=nn.Linear(2, 3), head=nn.Linear(3, 1))
    assert path_lengths(tp.extract(net, (2,))) == (2, 2)


def test_weights_that_are_zero_or_protected():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    graph = tp.extract(net, (2,))
    assert path_lengths(graph, ["0.weight"]) == (1, 1)
    with pytest.raises(tp.LayerCollapseError, match="no input reaches an output"):
        path_lengths(graph.with_weights({"1.weight": torch.zeros(1, 2)}))


def test_arguments():
    with pytest.raises(TypeError, match="graph must be a WeightGraph"):
        path_lengths(normal(2))
