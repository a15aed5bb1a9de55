import pytest
import torch
from torch import nn

import theoryprune as tp
from benchmarks.models import resnet20
from tests.networks import random_graph, random_mask
from theoryprune.graph.flow import flow_network
from theoryprune.graph.flow_evaluator import FlowEvaluator
from theoryprune.graph.living import LivingNetwork


def removed_by(mask: tp.Mask) -> dict[str, torch.Tensor]:
    return {name: (~keep).view(-1).nonzero().view(-1) for name, keep in mask.keep.items()}


@pytest.mark.parametrize("seed", range(10))
def test_scores_are_those_of_the_full_network(seed):
    graph = random_graph(seed)
    full, shrinking = FlowEvaluator(graph), FlowEvaluator(graph, shrink_above=0)
    left = tp.Mask({name: torch.ones_like(weight, dtype=torch.bool) for name, weight in graph.weights.items()})
    for density in (0.6, 0.3, 0.15, 0.08):  # a layer is asked for whole, then by index
        mask = left & random_mask(graph, density, seed)
        gone = removed_by(tp.Mask({name: mask.keep[name] | ~keep for name, keep in left.keep.items()}))
        full.remove(gone)
        shrinking.remove(gone)
        left = mask
        survivors = {name: keep.view(-1).nonzero().view(-1) for name, keep in mask.keep.items()}
        for asked in (survivors, dict.fromkeys(survivors)):
            expected, found = full(asked), shrinking(asked)
            assert found.exponent == expected.exponent
            assert found.total == pytest.approx(expected.total, rel=1e-13)
            for name in asked:
                torch.testing.assert_close(found.values[name], expected.values[name], rtol=1e-12, atol=0)


def test_the_network_really_shrinks():
    graph = random_graph(0)
    living = LivingNetwork(flow_network(graph))
    before = living.network.num_weights
    living.remove(removed_by(random_mask(graph, 0.2, 0)))
    living.shrink()
    assert living.network.num_weights < before


def test_masks_are_those_of_the_full_network():
    torch.manual_seed(0)
    model = resnet20()
    graph = tp.extract(model, model.example_shape)

    def shrinking(graph: tp.WeightGraph) -> tp.Scores:
        return tp.synflow(graph)

    shrinking.prepare = lambda graph: FlowEvaluator(graph, shrink_above=0)
    ours = tp.prune(graph, shrinking, 0.01, tp.exponential(40))
    assert ours.mask.sha256 == tp.prune(graph, tp.synflow, 0.01, tp.exponential(40)).mask.sha256


def test_a_layer_that_vanishes_scores_zero():
    class Branch(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 2)

        def forward(self, x):
            return self.c(x + self.b(self.a(x)))

    graph = tp.extract(Branch(), (3,))
    evaluator = FlowEvaluator(graph, shrink_above=0)
    evaluator.remove({"b.weight": torch.arange(9)})
    scores = evaluator({"a.weight": None, "b.weight": torch.arange(2), "c.weight": None})
    assert scores.values["a.weight"].tolist() == [0.0] * 9
    assert scores.values["b.weight"].tolist() == [0.0] * 2
    assert float(scores.values["c.weight"].sum()) == pytest.approx(scores.total, rel=1e-14)
    evaluator.remove({"a.weight": torch.arange(4)})


def test_a_dead_network_is_left_as_it_is():
    graph = tp.extract(nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)), (2,))
    evaluator = FlowEvaluator(graph, shrink_above=0)
    evaluator.remove({"0.weight": torch.arange(6)})
    scores = evaluator(dict.fromkeys(graph.order))
    assert (scores.total, scores.exponent) == (0.0, 0)
    assert not any(bool(values.any()) for values in scores.values.values())


def test_a_network_of_which_only_the_shortcut_lives_still_flows():
    class Around(nn.Module):
        def __init__(self):
            super().__init__()
            self.b = nn.Linear(2, 2, bias=False)

        def forward(self, x):
            return x + self.b(x)

    evaluator = FlowEvaluator(tp.extract(Around(), (2,)), shrink_above=0)
    evaluator.remove({"b.weight": torch.arange(4)})
    scores = evaluator({"b.weight": None})
    assert scores.total * 2**scores.exponent == 2
    assert scores.values["b.weight"].tolist() == [0.0] * 4
