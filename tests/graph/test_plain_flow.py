"""The plain evaluation: against the fast one, against sums over paths, and by its conservation."""

from itertools import product

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.maps import chain_graph
from tests.networks import random_graph, random_mask
from tests.small import normal, same, with_statistics, witness
from theoryprune.graph.cuts import exact_cuts
from theoryprune.graph.plain_flow import plain_flow


def masked(seed):
    graph = random_graph(seed)
    return tp.apply_mask(graph, random_mask(graph, 0.4, seed)) if seed % 2 else graph


@pytest.mark.parametrize("bias", ["drop", "unit"])
@pytest.mark.parametrize("seed", range(20))
def test_equal_to_the_fast_evaluation(seed, bias):
    graph = masked(seed)
    fast, plain = tp.synflow(graph, bias=bias), plain_flow(graph, tp.FlowRule(bias))
    assert plain.total == pytest.approx(fast.total, rel=1e-12)
    assert plain.exponent == fast.exponent
    for name, score in fast.values.items():
        assert torch.allclose(plain.scores[name], score, rtol=1e-12, atol=1e-300)
    assert plain.flushed == 0


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("seed", range(20))
def test_the_whole_flow_crosses_every_exact_cut(seed, power):
    graph = masked(seed)
    try:
        flow = plain_flow(graph, tp.FlowRule(power=power))
    except tp.UnsupportedLayerError:
        assert power == 2
        return
    for name in exact_cuts(flow.network):
        assert float(flow.outputs[name].sum()) == pytest.approx(flow.total, rel=1e-12)
        assert sum(float(b.flow.sum()) for b in flow.branches if b.reader == name) == pytest.approx(
            flow.total, rel=1e-12
        )


@pytest.mark.parametrize("power", [1, 2])
def test_scores_are_sums_over_paths(power):
    net = nn.Sequential(nn.Linear(3, 4, bias=False), nn.ReLU(), nn.Linear(4, 2, bias=False)).double()
    graph = tp.extract(net, (3,))
    flow = plain_flow(graph, tp.FlowRule(power=power))
    first, second = (weight.abs() ** power for weight in graph.weights.values())
    sums = {name: torch.zeros_like(weight) for name, weight in graph.weights.items()}
    for i, j, k in product(range(3), range(4), range(2)):
        path = first[j, i] * second[k, j]
        sums["0.weight"][j, i] += path
        sums["2.weight"][k, j] += path
    size = 2.0**flow.exponent
    for name, expected in sums.items():
        assert torch.allclose(flow.scores[name] * size, expected, rtol=1e-13)
    assert flow.total * size == pytest.approx(float(sums["0.weight"].sum()), rel=1e-13)


def test_the_square_of_every_factor():
    parts = [
        nn.Conv2d(1, 2, 2, bias=False),
        nn.BatchNorm2d(2),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(2, 1, bias=False),
    ]
    net = with_statistics(nn.Sequential(*parts)).double()
    net[1].weight.data = normal(2)
    graph = tp.extract(net, (1, 3, 3))
    flow = plain_flow(graph, tp.FlowRule(power=2))
    net.requires_grad_(False)
    scale = net[1].weight.abs() * (net[1].running_var + net[1].eps).rsqrt()
    expected = sum(
        float((net[0].weight[c, 0, a, b] * scale[c] * net[4].weight[0, c] / 4) ** 2)
        for c, a, b in product(range(2), range(2), range(2))
    )
    assert flow.total * 2.0**flow.exponent == pytest.approx(4 * expected, rel=1e-12)


def test_branches_of_one_tensor_are_told_apart():
    graph = next(g for g in map(random_graph, range(60)) if any(x.kind == "add" for x in g.layers))
    flow = plain_flow(graph)
    joins = [layer for layer in flow.network.layers if layer.kind == "add"]
    for layer in joins:
        entering = [b for b in flow.branches if b.reader == layer.name]
        assert [(b.source, b.place) for b in entering] == [(name, k) for k, name in enumerate(layer.inputs)]
        total = float(flow.outputs[layer.name].sum())
        assert sum(float(b.flow.sum()) for b in entering) == pytest.approx(total, rel=1e-12)


def test_nothing_is_too_deep():
    graph = chain_graph(*[8] * 901)
    draw = torch.Generator().manual_seed(0)
    weights = {name: 1 + torch.rand(8, 8, generator=draw, dtype=torch.float64) for name in graph.order}
    flow = plain_flow(graph.with_weights(weights))
    assert flow.exponent > 2000
    assert all(float(score.sum()) == pytest.approx(flow.total, rel=1e-12) for score in flow.scores.values())


def test_a_network_without_flow():
    graph = random_graph(1)
    dead = graph.with_weights({name: torch.zeros_like(weight) for name, weight in graph.weights.items()})
    flow = plain_flow(dead)
    assert (flow.total, flow.exponent) == (0.0, 0)
    assert not any(bool(score.any()) for score in flow.scores.values())


def test_the_graph_is_only_read():
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)).double()
    graph = tp.extract(net, (3,))
    before, state = witness(net), {name: t.clone() for name, t in graph.state_dict().items()}
    with torch.inference_mode():
        plain_flow(graph)
    assert same(witness(net), before)
    assert all(torch.equal(t, state[name]) for name, t in graph.state_dict().items())
