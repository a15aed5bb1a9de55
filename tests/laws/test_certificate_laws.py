"""Theorems 3 and 4 as laws: survival, what chains reach, and what other graphs need not reach."""

from itertools import pairwise

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.networks import random_graph
from tests.reference_run import reference_run
from tests.small import Written
from theoryprune.graph.plain_flow import plain_flow

SEEDS = range(40)


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("seed", SEEDS)
def test_survival(seed, power):
    """Theorem 3, for random removals, also of nearly all the flow; max pooling and ties included."""
    graph = random_graph(seed, biases=seed % 2 == 0)
    if seed % 3 == 0:  # weights in {0, 1/2, 1}: ties abound
        graph = graph.with_weights({n: (2 * w.abs()).round().clamp(max=2) / 2 for n, w in graph.weights.items()})
    rule, draws = tp.FlowRule(power=power), torch.Generator().manual_seed(seed)
    try:
        before = plain_flow(graph, rule)
    except tp.UnsupportedLayerError:
        assert power == 2
        return
    for density in (0.02, 0.2, 0.6, 0.98):
        removed = {n: torch.rand(w.shape, generator=draws) > density for n, w in graph.weights.items()}
        prune_sum = sum(float(before.scores[n][out].sum()) for n, out in removed.items())
        after = plain_flow(tp.apply_mask(graph, tp.Mask({n: ~out for n, out in removed.items()})), rule)
        left = after.total * 2.0 ** (after.exponent - before.exponent)
        assert left >= before.total - prune_sum - 1e-12 * before.total


def shortcut(a=0.1, b=1.0, c=1.0):
    """One weight beside a branch of two."""
    parts = {name: nn.Linear(1, 1, bias=False) for name in "abc"}
    for name, value in zip("abc", (a, b, c), strict=True):
        parts[name].weight.data.fill_(value)
    return tp.extract(Written(lambda m, x: m.a(x) + m.c(m.b(x)), **parts).double(), (1,))


def test_a_certified_run_need_not_reach_the_shortest_path():
    """R = 1.1 with the scores 0.1, 1, 1: the shortcut goes first, and then each weight left lies on every path."""
    graph = shortcut()
    flow = plain_flow(graph)
    size = 2.0**flow.exponent
    assert flow.total * size == pytest.approx(1.1)
    assert [float(score) * size for score in flow.scores.values()] == pytest.approx([0.1, 1, 1])
    assert tp.max_compression(graph) == 3
    pruning = reference_run(graph, 2 / 3, tp.one_shot())
    assert dict(pruning.trace[-1].kept_per_layer) == {"a.weight": 0, "b.weight": 1, "c.weight": 1}
    certificate = pruning.certificate
    assert (certificate.certified, certificate.connected, certificate.maximal_critical_compression) == (1, 1, 0)
    assert (certificate.shortest_path, certificate.longest_path) == (1, 2)
    assert not reference_run(graph, 1 / 3, tp.one_shot()).certificate.certified
    assert tp.critical_compression(graph, tp.synflow, tp.exponential(3), refine=True) == 1.5


@pytest.mark.parametrize("seed", range(6))
def test_what_is_certified_is_connected(seed):
    torch.manual_seed(seed)
    net = nn.Sequential(*[nn.Linear(a, b) for a, b in pairwise((5, 6, 6, 4))]).double()
    graph = tp.extract(net, (5,))
    for density in (0.5, 0.2, 3 / graph.num_weights, 2 / graph.num_weights):
        pruning = reference_run(graph, density, tp.exponential(12))
        if pruning.certificate.certified:
            assert pruning.certificate.connected
            assert not pruning.mask.empty_layers
        tp.verify(pruning, graph, rows="all")
    assert not pruning.certificate.certified  # two weights for three layers


@pytest.mark.parametrize("bias", ["drop", "unit"])
@pytest.mark.parametrize("seed", range(15))
def test_the_fast_procedure_keeps_what_the_plain_one_keeps(seed, bias):
    """In float64, up to ties of the reals, which rounding may break either way."""
    graph = random_graph(seed)
    plain = reference_run(graph, 0.15, tp.exponential(8), tp.FlowRule(bias))
    fast = tp.prune(graph, lambda g: tp.synflow(g, bias=bias), 0.15, tp.exponential(8), on_collapse="report")
    assert tp.compare_masks(plain.mask, fast.mask).hamming <= 2
    for row, other in zip(plain.trace, fast.trace, strict=True):
        assert (row.kept_after, row.connected) == (other.kept_after, other.connected)
        assert other.flow * 2.0 ** (other.exponent - row.exponent) == pytest.approx(row.flow, rel=1e-9)
