"""Exact cuts: by hand, against removing records one at a time, and by their flow."""

from dataclasses import replace

import networkx as nx
import pytest
import torch
from torch import nn

import theoryprune as tp
from benchmarks.models import resnet20
from tests.networks import random_graph
from tests.small import Written
from theoryprune.graph.cuts import cut_weights, exact_cuts
from theoryprune.types import INPUT


@pytest.mark.parametrize("seed", range(30))
def test_a_record_is_a_cut_if_nothing_is_connected_without_it(seed):
    graph = random_graph(seed)
    expected = []
    for layer in graph.layers:
        rest = graph.to_networkx()
        rest.remove_node(layer.name)
        if layer.name == graph.output or not nx.has_path(rest, INPUT, graph.output):
            expected.append(layer.name)
    assert list(exact_cuts(graph)) == expected


@pytest.mark.parametrize("seed", range(30))
def test_the_scores_of_a_cut_add_up_to_the_flow(seed):
    graph = random_graph(seed)
    scores = tp.synflow(graph)
    for name in cut_weights(graph):
        assert float(scores.values[name].sum()) == pytest.approx(scores.total, rel=1e-10)


def test_a_tensor_read_twice_is_one_cut():
    net = Written(lambda m, x: (lambda y: m.b(y + y))(m.a(x)), a=nn.Linear(2, 2), b=nn.Linear(2, 1))
    graph = tp.extract(net, (2,))
    assert cut_weights(graph) == ("a.weight", "b.weight")


def test_a_residual_network_has_cuts_outside_its_blocks():
    with torch.device("meta"):
        net = resnet20()
    graph = tp.extract(net, net.example_shape)
    weights = cut_weights(graph)
    assert (weights[0], weights[-1], len(weights)) == (graph.order[0], graph.order[-1], 2)
    additions = [name for name in exact_cuts(graph) if graph.by_name[name].kind == "add"]
    assert len(additions) == 9


def test_a_network_without_records_has_no_cuts():
    graph = replace(tp.extract(nn.ReLU(), (2,)), layers=(), output=INPUT)
    assert exact_cuts(graph) == cut_weights(graph) == ()


def test_arguments():
    with pytest.raises(TypeError, match="graph must be a WeightGraph"):
        exact_cuts(nn.Linear(2, 2))
