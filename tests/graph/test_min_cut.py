"""The maximum flow of networkx is the flow."""

import pytest
import torch
from torch import nn

import theoryprune as tp
from benchmarks.models import resnet20
from tests.networks import random_graph, random_mask
from tests.small import Written
from theoryprune.graph.min_cut import min_cut
from theoryprune.graph.plain_flow import plain_flow


def masked(seed):
    graph = random_graph(seed)
    return tp.apply_mask(graph, random_mask(graph, 0.4, seed)) if seed % 2 else graph


@pytest.mark.parametrize("largest", [20_000, 0], ids=["channels", "operators"])
@pytest.mark.parametrize("bias", ["drop", "unit"])
@pytest.mark.parametrize("seed", range(25))
def test_the_minimum_cut_is_the_flow(seed, bias, largest):
    flow = plain_flow(masked(seed), tp.FlowRule(bias))
    cut, method = min_cut(flow, largest)
    assert cut == pytest.approx(flow.total, rel=1e-9)
    assert method == ("channel graph" if largest or not flow.total else "operator graph")


def test_edges_that_join_the_same_nodes_add_up():
    net = Written(lambda m, x: (lambda y: m.b(torch.cat([y + y, y], 1)))(m.a(x)), a=nn.Linear(2, 2), b=nn.Linear(4, 1))
    flow = plain_flow(tp.extract(net.double(), (2,)))
    for largest in (20_000, 0):
        assert min_cut(flow, largest)[0] == pytest.approx(flow.total, rel=1e-12)


def test_a_masked_residual_network():
    torch.manual_seed(0)
    net = resnet20(width=0.5)
    graph = tp.extract(net.double(), net.example_shape)
    pruning = tp.prune(graph, tp.synflow, 0.05, tp.exponential(5))
    flow = plain_flow(tp.apply_mask(graph, pruning.mask))
    cut, method = min_cut(flow)
    assert (cut, method) == (pytest.approx(flow.total, rel=1e-9), "channel graph")


def test_a_broken_conservation_shows():
    flow = plain_flow(random_graph(2))
    name = next(iter(flow.scores))
    flow.scores[name].mul_(0.5)
    assert min_cut(flow)[0] < 0.9 * flow.total


def test_without_flow_the_cut_is_empty():
    graph = random_graph(1)
    dead = graph.with_weights({name: torch.zeros_like(weight) for name, weight in graph.weights.items()})
    assert min_cut(plain_flow(dead)) == (0.0, "channel graph")
