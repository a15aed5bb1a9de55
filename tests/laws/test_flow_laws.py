"""The theory of synaptic flow as laws over random networks (Tanaka et al. 2020, sections 4 and 5)."""

from itertools import pairwise, product

import pytest
import torch
from torch import nn

import theoryprune as tp
from benchmarks.models import digits_convnet, digits_mlp
from tests.networks import random_graph, random_mask
from tests.small import Written, normal, with_statistics
from theoryprune.graph.flow import flow_network
from theoryprune.graph.flow_evaluator import FlowEvaluator
from theoryprune.layers import MaxPool
from theoryprune.types import INPUT

SEEDS = range(25)


def edge_flows(graph, bias="drop"):
    """For each edge of the flow network (source, reader): the flow along it, `<dR/dx, x>`, by a plain evaluation."""
    network = flow_network(graph, bias=bias)
    values = {INPUT: torch.ones(1, *graph.input_shape, dtype=torch.float64)}
    edges = []
    for layer in network.layers:
        read = []
        for source in layer.inputs:
            x = (values[source] * 1).requires_grad_() if not values[source].requires_grad else values[source] * 1
            x.retain_grad()
            edges.append((source, layer.name, x))
            read.append(x)
        values[layer.name] = layer.forward(*read)
    total = values[network.output].sum()
    if edges:
        total.backward()
    order = {name: place for place, name in enumerate([INPUT, *(layer.name for layer in network.layers)])}
    flows = [(order[source], order[to], (x.grad * x).sum().item()) for source, to, x in edges]
    return total.item(), [*flows, (order[network.output], len(order), total.item())], len(order)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_cut_along_the_order_carries_the_whole_flow(seed):
    """Theorem 2: each input-output path crosses exactly one edge from the records up to k to those behind."""
    graph = random_graph(seed)
    if seed % 2:
        graph = tp.apply_mask(graph, random_mask(graph, 0.4, seed))
    total, edges, count = edge_flows(graph)
    for k in range(count):
        crossing = sum(flow for source, to, flow in edges if source <= k < to)
        assert crossing == pytest.approx(total, rel=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_scores_of_a_layer_are_what_flows_through_it(seed):
    """Theorem 1 for a record: the saliency of its weights is what leaves it, and what enters it."""
    graph = random_graph(seed)
    scores = tp.synflow(graph)
    size = 2.0**scores.exponent
    total, edges, _ = edge_flows(graph)
    assert scores.total * size == pytest.approx(total, rel=1e-12)
    network = flow_network(graph)
    order = {name: place for place, name in enumerate([INPUT, *(layer.name for layer in network.layers)])}
    for name, layer in graph.weight_layers.items():
        entering = sum(flow for _, to, flow in edges if to == order[layer.name])
        assert float(scores.values[name].sum()) * size == pytest.approx(entering, rel=1e-10, abs=1e-300)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("widths", [(3, 5, 4, 2), (10, 1, 10), (4,) * 30])
def test_each_layer_of_a_chain_carries_the_flow(widths, dtype):
    """The corollary of Theorem 2, and the mean score of a layer is R over its size."""
    net = nn.Sequential(*(nn.Linear(a, b) for a, b in pairwise(widths)))
    scores = tp.synflow(tp.extract(net, (widths[0],)), dtype=dtype)
    for score in scores.values.values():
        tolerance = 1e-10 if dtype == torch.float64 else 1e-5
        assert float(score.double().sum()) == pytest.approx(scores.total, rel=tolerance)


def test_neuron_by_neuron():
    net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))
    values = tp.synflow(tp.extract(net, (4,))).values
    torch.testing.assert_close(values["0.weight"].sum(1), values["2.weight"].sum(0), rtol=1e-13, atol=0)
    torch.testing.assert_close(values["2.weight"].sum(1), values["4.weight"].sum(0), rtol=1e-13, atol=0)


def paths_of(mats, skip):
    """All paths of a chain of matrices, with an identity edge of weight 1 around each matrix of `skip`."""
    ways = []
    for k, m in enumerate(mats):
        rows = [(i, j, abs(float(m[i, j])), (k, i, j)) for i, j in product(range(m.shape[0]), range(m.shape[1]))]
        ways.append(rows + ([(i, i, 1.0, None) for i in range(m.shape[0])] if k in skip else []))
    for route in product(*ways):
        if all(a[0] == b[1] for a, b in pairwise(route)):
            yield route


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_sums_over_enumerated_paths(seed):
    def run(self, x):
        x = self.a(x)
        x = x + self.b(x)
        return self.c(torch.relu(x))

    net = Written(run, a=nn.Linear(2, 3), b=nn.Linear(3, 3), c=nn.Linear(3, 2)).double()
    for number, layer in enumerate((net.a, net.b, net.c)):
        layer.weight.data = normal(*layer.weight.shape, seed=10 * seed + number)
    graph = tp.extract(net, (2,))
    names, mats = list(graph.weights), list(graph.weights.values())
    expected, total = [torch.zeros_like(m) for m in mats], 0.0
    for route in paths_of(mats, skip={1}):
        weight = 1.0
        for _, _, edge, _ in route:
            weight *= edge
        total += weight
        for *_, place in route:
            if place is not None:
                expected[place[0]][place[1:]] += weight
    scores = tp.synflow(graph)
    assert scores.total * 2.0**scores.exponent == pytest.approx(total, rel=1e-13)
    for name, wanted in zip(names, expected, strict=True):
        torch.testing.assert_close(scores.values[name] * 2.0**scores.exponent, wanted, rtol=1e-13, atol=0)


def has_max_pool(graph):
    return any(isinstance(layer, MaxPool) for layer in graph.layers)


@pytest.mark.parametrize("seed", range(14))
def test_without_max_pooling_a_score_is_what_the_flow_loses_with_the_weight(seed):
    graph = random_graph(seed, blocks=2)
    scores = tp.synflow(graph)
    draws = torch.Generator().manual_seed(seed)
    for name, weight in graph.weights.items():
        place = int(torch.randint(weight.numel(), (), generator=draws))
        evaluator = FlowEvaluator(graph)
        evaluator.remove(torch.tensor([evaluator.spans[name][0] + place]))
        after = evaluator.evaluate(values=False)
        lost = scores.total - after.total * 2.0 ** (after.exponent - scores.exponent)
        score = float(scores.values[name].flatten()[place])
        if has_max_pool(graph):
            assert lost <= score + 1e-13
        else:
            assert lost == pytest.approx(score, abs=1e-13)


@pytest.mark.parametrize("seed", SEEDS)
def test_survival(seed):
    """Theorem 3: the flow falls by at most the scores removed, max pooling and ties included."""
    graph = random_graph(seed)
    if seed % 3 == 0:  # weights in {0, 1/2, 1}, so that maxima tie
        graph = graph.with_weights({n: (w.abs() * 2).round().clamp(0, 2) / 2 for n, w in graph.weights.items()})
    scores = tp.synflow(graph)
    draws = torch.Generator().manual_seed(seed)
    for share in (0.01, 0.1, 0.5):
        removed = (torch.rand(graph.num_weights, generator=draws) < share).nonzero().view(-1)
        pruned = FlowEvaluator(graph)
        pruned.remove(removed)
        after = pruned.evaluate(values=False)
        size = float(torch.cat([scores.values[name].view(-1) for name in graph.order])[removed].sum())
        left = after.total * 2.0 ** (after.exponent - scores.exponent)
        assert left >= scores.total - size - 1e-12 * scores.total


@pytest.mark.parametrize("seed", range(8))
def test_signs_change_no_bit(seed):
    graph = random_graph(seed)
    draws = torch.Generator().manual_seed(seed)
    flipped = graph.with_weights(
        {
            name: weight * (torch.randint(2, weight.shape, generator=draws) * 2 - 1)
            for name, weight in graph.weights.items()
        }
    )
    first, second = (tp.prune(g, tp.synflow, 0.1, tp.exponential(4), on_collapse="report") for g in (graph, flipped))
    assert first.mask.sha256 == second.mask.sha256
    assert first.trace == second.trace


@pytest.mark.parametrize("factor", [4.0, 2.0**-30])
def test_the_scale_of_a_layer_that_every_path_crosses_changes_no_bit(factor):
    """Beside an identity it would: there the branch competes with paths that do not cross it."""
    net = digits_mlp(hidden=(12, 7)).double()
    graph = tp.extract(net, net.example_shape)
    scaled = graph.with_weights({"fc2.weight": graph.weights["fc2.weight"] * factor})
    first, second = (tp.prune(g, tp.synflow, 0.1, tp.exponential(4)) for g in (graph, scaled))
    assert first.mask.sha256 == second.mask.sha256
    assert [row.flow for row in first.trace] == [row.flow for row in second.trace]


def test_rescaling_a_unit_changes_nothing():
    net = digits_mlp(hidden=(12, 7)).double()
    graph = tp.extract(net, net.example_shape)
    w1, w2 = graph.weights["fc1.weight"].clone(), graph.weights["fc2.weight"].clone()
    w1[3], w2[:, 3] = w1[3] * 8, w2[:, 3] / 8
    first, second = tp.synflow(graph), tp.synflow(graph.with_weights({"fc1.weight": w1, "fc2.weight": w2}))
    assert all(torch.equal(first.values[name], second.values[name]) for name in graph.order)
    w1[3], w2[:, 3] = w1[3] * 3, w2[:, 3] / 3
    third = tp.synflow(graph.with_weights({"fc1.weight": w1, "fc2.weight": w2}))
    for name in graph.order:
        torch.testing.assert_close(first.values[name], third.values[name], rtol=1e-12, atol=0)


def test_a_permutation_of_channels_permutes_the_scores():
    net = digits_mlp(hidden=(12, 7)).double()
    graph = tp.extract(net, net.example_shape)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(0))
    moved = graph.with_weights(
        {"fc1.weight": graph.weights["fc1.weight"][order], "fc2.weight": graph.weights["fc2.weight"][:, order]}
    )
    first, second = tp.synflow(graph), tp.synflow(moved)
    torch.testing.assert_close(second.values["fc1.weight"], first.values["fc1.weight"][order], rtol=1e-12, atol=0)
    torch.testing.assert_close(second.values["fc2.weight"], first.values["fc2.weight"][:, order], rtol=1e-12, atol=0)


def test_batch_norm_folded_or_separate():
    """The scale of a batch norm may sit in the weight before it: the flow through each weight is the same."""
    net = with_statistics(
        nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 3, 3)), seed=1
    ).double()
    folded = nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Conv2d(4, 3, 3)).double()
    scale = (net[1].running_var + net[1].eps).rsqrt() * net[1].weight.detach()
    folded[0].weight.data = net[0].weight.detach() * scale.view(-1, 1, 1, 1)
    folded[2].weight.data = net[3].weight.detach()
    first, second = tp.synflow(tp.extract(net, (2, 7, 7))), tp.synflow(tp.extract(folded, (2, 7, 7)))
    torch.testing.assert_close(first.values["0.weight"], second.values["0.weight"], rtol=1e-12, atol=0)
    torch.testing.assert_close(first.values["3.weight"], second.values["2.weight"], rtol=1e-12, atol=0)


def test_trap_034_conservation_on_a_trained_network():
    torch.manual_seed(0)
    net = digits_convnet(width=0.25)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for _ in range(20):
        x, y = torch.rand(32, 1, 8, 8), torch.randint(10, (32,))
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    assert any(bool(m.running_mean.abs().max() > 0.1) for m in net.modules() if isinstance(m, nn.BatchNorm2d))
    total, edges, count = edge_flows(tp.extract(net, net.example_shape))
    assert total > 0
    for k in range(count):
        assert sum(flow for source, to, flow in edges if source <= k < to) == pytest.approx(total, rel=1e-10)


@pytest.mark.parametrize("seed", range(6))
def test_a_constant_input_ranks_like_ones(seed):
    """R is homogeneous of degree 1 in the input, so a factor on the first weights stands for one on the input."""
    graph = random_graph(seed)
    network = flow_network(graph)
    ones = torch.ones(1, *graph.input_shape, dtype=torch.float64)
    torch.testing.assert_close(tp.forward(network, 3 * ones), 3 * tp.forward(network, ones), rtol=1e-12, atol=0)
