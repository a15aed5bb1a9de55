"""What the loop calls: a score's own evaluator, or the plain one; the masks are the same."""

from functools import partial

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.networks import random_graph
from theoryprune.graph.flow_evaluator import FlowEvaluator
from theoryprune.masks.evaluators import PlainEvaluator, evaluator_of, score_name


def plain_synflow(graph, **options):
    return tp.synflow(graph, **options)


@pytest.fixture
def graph():
    return tp.extract(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), (4,))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("options", [{}, {"dtype": torch.float32}, {"bias": "unit"}])
def test_prepared_and_plain_give_equal_masks(seed, options):
    graph = random_graph(seed)
    runs = [
        tp.prune(graph, partial(score, **options), 0.05, tp.exponential(12), on_collapse="report")
        for score in (tp.synflow, plain_synflow)
    ]
    assert all(torch.equal(runs[0].removed_at[name], runs[1].removed_at[name]) for name in graph.order)
    assert runs[0].trace == runs[1].trace


def test_the_evaluator_is_chosen_through_partial(graph):
    assert isinstance(evaluator_of(tp.synflow, graph), FlowEvaluator)
    assert isinstance(evaluator_of(partial(tp.synflow, bias="unit"), graph), FlowEvaluator)
    assert isinstance(evaluator_of(tp.magnitude, graph), PlainEvaluator)


def test_the_plain_one_masks_a_copy(graph):
    before = graph.weights["0.weight"].clone()
    evaluator = PlainEvaluator(tp.magnitude, graph)
    assert evaluator.spans == {"0.weight": (0, 12), "2.weight": (12, 18)}
    evaluator.remove(torch.tensor([1, 5, 12]))
    scores = evaluator.evaluate()
    assert scores.values["0.weight"].view(-1)[[1, 5]].tolist() == [0, 0]
    assert scores.values["2.weight"][0, 0] == 0
    places = torch.tensor([1, 2, 13])
    expected = torch.cat([weight.abs().view(-1) for weight in graph.weights.values()])
    assert evaluator.at(places).tolist() == [0, float(expected[2]), float(expected[13])]
    (start, block, ends), *others = evaluator.blocks(["2.weight"])
    assert (start, len(block), tuple(ends), others) == (12, 6, (6,), [])
    assert block.tolist() == [0, *expected[13:].tolist()]
    assert torch.equal(graph.weights["0.weight"], before)


@pytest.mark.parametrize(
    ("score", "message"),
    [
        (tp.random, r"random: missing a required .*'seed'.*functools.partial\(theoryprune.random, seed=0\)"),
        ("synflow", "score must be a function of a graph such as theoryprune.synflow, got 'synflow'"),
        (tp.Scores({}), r"got finished Scores; keep_top\(scores, density\) prunes once"),
        (lambda graph: graph, "score must return Scores, got WeightGraph"),
    ],
)
def test_what_is_no_score_function(graph, score, message):
    with pytest.raises(TypeError, match=message):
        tp.prune(graph, score, density=0.5)


def test_scores_of_another_shape(graph):
    with pytest.raises(ValueError, match=r"score must give '0.weight' scores of shape \(3, 4\)"):
        tp.prune(graph, lambda graph: tp.Scores({"0.weight": torch.zeros(2)}), density=0.5)


def test_names():
    assert score_name(partial(partial(tp.random, seed=0))) == "random"
