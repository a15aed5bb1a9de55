"""Without the channels that died: the same flow, the same scores of what is left, and where each weight was."""

from dataclasses import replace

import pytest
import torch
from torch import nn

import theoryprune as tp
from benchmarks.models import resnet20
from tests.maps import chain_graph, map_graph, with_mask
from tests.networks import random_graph, random_mask
from tests.small import Written
from theoryprune.graph.flow import flow_network
from theoryprune.graph.flow_evaluator import FlowEvaluator
from theoryprune.graph.living import living_network
from theoryprune.graph.plain_flow import plain_flow

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")


def places_of(moved):
    """Where each entry was."""
    rows = torch.cat([*moved.rows(), moved.outputs[:0]])[:, None]
    return (rows * moved.width + torch.arange(moved.width)).view(-1)


def moves(network):
    """The living network with its weights filled in, and where each entry was."""
    small, moved = living_network(network)
    places = {name: places_of(move) for name, move in moved.items()}
    weights = {}
    for name, weight in small.weights.items() if moved else ():
        weights[name] = network.weights[name].reshape(-1)[places[name]].view(weight.shape)
    return small.with_weights(weights), places


def check(network):
    """Compare a flow network with its living part; return how much smaller that is."""
    small, moved = moves(network)
    full, part = plain_flow(network), plain_flow(small)
    if full.total == 0:  # a kernel's tap may read nothing but padding, so channels can outlive the flow
        assert part.total == 0
        assert moved or living_network(network)[0] is network
        return 0
    size = 2.0 ** (part.exponent - full.exponent)
    assert part.total * size == pytest.approx(full.total, rel=1e-12)
    assert list(moved) == list(network.order)
    for name, places in moved.items():
        weight, scores = network.weights[name].view(-1), full.scores[name].view(-1)
        if name not in small.weights:
            assert len(places) == 0
            assert not bool(scores.any())
            continue
        now, score = small.weights[name].view(-1), part.scores[name].view(-1) * size
        assert len(places) == len(now)
        assert bool((places.diff() > 0).all())
        assert torch.equal(now, weight[places])
        torch.testing.assert_close(score, scores[places], rtol=0, atol=1e-12 * full.total)
        dropped = torch.ones(len(weight), dtype=torch.bool)
        dropped[places] = False
        assert not bool(scores[dropped].any())
    return network.num_weights - small.num_weights


@pytest.mark.parametrize(("density", "least"), [(0.5, 6), (0.2, 6), (0.1, 2)])
def test_flow_scores_and_places_of_random_networks(density, least):
    smaller = 0
    for seed in range(10):
        graph = random_graph(seed)
        smaller += check(flow_network(tp.apply_mask(graph, random_mask(graph, density, seed)))) > 0
    assert smaller >= least


@pytest.mark.parametrize("density", [0.7, 0.4, 0.2])
def test_flow_scores_and_places_of_random_maps(density):
    smaller = 0
    for seed in range(80):
        dims = 1 + seed % 3
        graph = map_graph(seed, blocks=4, dims=dims, low=5, high=9)
        smaller += check(flow_network(with_mask(graph, density, seed))) > 0
    assert smaller > 10


def test_a_network_that_lives_stays_as_it_is():
    network = flow_network(chain_graph(3, 4, 2))
    small, moved = moves(network)
    assert {name: tuple(weight.shape) for name, weight in small.weights.items()} == {
        "0.weight": (4, 3),
        "1.weight": (2, 4),
    }
    assert all(places.tolist() == list(range(len(places))) for places in moved.values())


def test_a_unit_that_died():
    network = flow_network(chain_graph(3, 4, 2))
    network.weights["0.weight"][1] = 0
    network.weights["1.weight"][:, 3] = 0
    small, moved = moves(network)
    assert moved["0.weight"].tolist() == [0, 1, 2, 6, 7, 8]
    assert moved["1.weight"].tolist() == [0, 2, 4, 6]
    assert check(network) == 10
    assert torch.equal(small.weights["0.weight"], network.weights["0.weight"][[0, 2]])


def test_a_flattened_channel_takes_all_its_features_along():
    net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(27, 2)).double()
    graph = tp.extract(net, (2, 5, 5))
    weights = {name: weight.clone() for name, weight in graph.weights.items()}
    weights["0.weight"][1] = 0
    weights["3.weight"][:, 20] = 0  # of channel 2, which lives on
    network = flow_network(graph.with_weights(weights))
    small, moved = moves(network)
    assert small.weights["3.weight"].shape == (2, 18)
    kept = [*range(9), *range(18, 27)]
    assert moved["3.weight"].tolist() == [*kept, *(27 + i for i in kept)]
    assert check(network) == 18 + 18
    weights["3.weight"][:, 18:] = 0
    assert living_network(flow_network(graph.with_weights(weights)))[0].weights["0.weight"].shape == (1, 2, 3, 3)


def test_a_flattened_map_that_is_the_output_or_read_otherwise():
    flat = tp.extract(nn.Sequential(nn.Conv2d(1, 3, 3), nn.Flatten()).double(), (1, 4, 4))
    network = flow_network(with_mask(flat, 0.3, 0))
    check(network)
    both = Written(
        lambda self, x: self.out(torch.flatten(self.conv(x), 1) * 2), conv=nn.Conv2d(1, 3, 3), out=nn.Linear(12, 2)
    ).double()
    graph = tp.extract(both, (1, 4, 4))
    weights = {name: weight.clone() for name, weight in graph.weights.items()}
    weights["conv.weight"][0] = 0
    check(flow_network(graph.with_weights(weights)))


def branch_graph():
    net = Written(
        lambda self, x: self.c(x + self.b(self.a(x))), a=nn.Linear(3, 3), b=nn.Linear(3, 3), c=nn.Linear(3, 2)
    )
    return tp.extract(net.double(), (3,))


@pytest.mark.parametrize("empty", ["a.weight", "b.weight"])
def test_a_branch_vanishes(empty):
    graph = branch_graph()
    network = flow_network(graph.with_weights({empty: torch.zeros(3, 3, dtype=torch.float64)}))
    small, moved = moves(network)
    assert [layer.name for layer in small.layers] == ["c"]
    assert [len(places) for places in moved.values()] == [0, 0, 6]
    assert check(network) == 18


def test_what_is_left_of_a_sum_keeps_the_factor_of_its_second_branch():
    net = Written(
        lambda self, x: self.c(torch.add(self.a(x), self.b(x), alpha=2)),
        **{name: nn.Linear(2, 2, bias=False) for name in "abc"},
    ).double()
    graph = tp.extract(net, (2,))
    for empty in ("b.weight", "a.weight"):
        check(flow_network(graph.with_weights({empty: torch.zeros(2, 2, dtype=torch.float64)})))


def test_a_dead_network_is_left_as_it_is():
    network = flow_network(chain_graph(2, 3, 1))
    network.weights["0.weight"].zero_()
    assert check(network) == 0
    evaluator = FlowEvaluator(chain_graph(2, 3, 1), shrink_above=0)
    evaluator.remove(torch.arange(6))
    assert evaluator.shrink() is None
    scores = evaluator.scores("synflow")
    assert (scores.total, scores.exponent) == (0.0, 0)
    assert not any(bool(values.any()) for values in scores.values.values())
    evaluator.remove(torch.tensor([6]))
    assert evaluator.shrink() is None


def test_a_network_of_which_only_the_shortcut_lives_still_flows():
    net = Written(lambda self, x: x + self.b(x), b=nn.Linear(2, 2, bias=False)).double()
    evaluator = FlowEvaluator(tp.extract(net, (2,)), shrink_above=0)
    evaluator.remove(torch.arange(4))
    assert [len(moved) for moved in evaluator.shrink().values()] == [0]
    assert evaluator.spans == {"b.weight": (0, 0)}
    scores = evaluator.evaluate()
    assert scores.total * 2**scores.exponent == 2
    assert evaluator.at(torch.tensor([], dtype=torch.int64)).tolist() == []


def places_in(spans, moved):
    """The old place of each new one."""
    places = {name: places_of(moved[name]) for name in spans}
    return torch.cat([at + spans[name][0] for name, at in places.items()])


class Follower:
    """A shrinking evaluator with the places of all weights as they were at first."""

    def __init__(self, graph):
        self.evaluator = FlowEvaluator(graph, shrink_above=0)
        self.first = torch.arange(graph.num_weights)
        self.total, self.times = graph.num_weights, 0

    def remove(self, flat):
        at = torch.isin(self.first, flat).nonzero().view(-1)
        spans = self.evaluator.spans
        self.evaluator.remove(at)
        moved = self.evaluator.shrink()
        if moved is not None:
            self.first = self.first[places_in(spans, moved)]
            self.times += 1

    def scores(self):
        flow = self.evaluator.evaluate()
        values = torch.zeros(self.total, dtype=torch.float64)
        for start, block, _ in self.evaluator.blocks(list(self.evaluator.spans)):
            values[self.first[start : start + len(block)]] = block
        return flow, values


@pytest.mark.parametrize("seed", range(10))
def test_an_evaluator_that_shrinks_again_and_again(seed):
    graph = random_graph(seed)
    follower, full = Follower(graph), FlowEvaluator(graph)
    left = torch.ones(graph.num_weights, dtype=torch.bool)
    for density in (0.6, 0.3, 0.1, 0.05, 0.02):
        mask = random_mask(graph, density, seed)
        keep = left & torch.cat([mask.keep[name].view(-1) for name in graph.order])
        gone = (left & ~keep).nonzero().view(-1)
        follower.remove(gone)
        full.remove(gone)
        assert full.shrink() is None
        left = keep
        expected, (flow, values) = full.scores("synflow"), follower.scores()
        assert flow.exponent == expected.exponent
        assert flow.total == pytest.approx(expected.total, rel=1e-13)
        wanted = torch.cat([expected.values[name].view(-1) for name in graph.order])
        torch.testing.assert_close(values, wanted, rtol=1e-12, atol=1e-300)
        if expected.total == 0:
            break
    assert follower.times > 0 or expected.total == 0


def test_masks_are_those_of_the_full_network():
    torch.manual_seed(0)
    model = resnet20(width=0.25)
    graph = tp.extract(model, model.example_shape)

    def shrinking(graph: tp.WeightGraph) -> tp.Scores:
        return tp.synflow(graph)

    shrinking.prepare = lambda graph: FlowEvaluator(graph, shrink_above=0)
    ours = tp.prune(graph, shrinking, 0.01, tp.exponential(30))
    assert ours.mask.sha256 == tp.prune(graph, tp.synflow, 0.01, tp.exponential(30)).mask.sha256


def test_the_weights_may_be_listed_in_any_order():
    graph = replace(chain_graph(3, 4, 2), order=("1.weight", "0.weight"))
    evaluator = FlowEvaluator(graph, shrink_above=0)
    assert evaluator.spans == {"1.weight": (0, 8), "0.weight": (8, 20)}
    left = torch.tensor([1, 8 + 3])
    evaluator.remove(torch.tensor([place for place in range(20) if place not in left]))
    moved = evaluator.shrink()
    assert evaluator.spans == {"1.weight": (0, 2), "0.weight": (2, 5)}
    assert places_in({"1.weight": (0, 8), "0.weight": (8, 20)}, moved).tolist() == [1, 5, 11, 12, 13]
    assert check(flow_network(with_mask(graph, 0.4, 3))) > 0
