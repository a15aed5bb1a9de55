"""Orders within layers, and Webster's apportionment."""

import pytest
import torch
from torch import nn

import theoryprune as tp
from theoryprune.scores.draws import places_by_magnitude, random_places, webster


@pytest.fixture
def graph():
    return tp.extract(nn.Sequential(nn.Linear(2, 10), nn.Linear(10, 3), nn.Linear(3, 1)), (2,))


def test_random_places_are_orders_that_the_seed_decides(graph):
    places, again, other = (random_places(graph, seed) for seed in (0, 0, 1))
    for name, weight in graph.weights.items():
        assert sorted(places[name].flatten().tolist()) == list(range(weight.numel()))
        assert torch.equal(places[name], again[name])
    assert not torch.equal(places["0.weight"], other["0.weight"])


def test_places_by_magnitude_by_hand(graph):
    graph = graph.with_weights({"2.weight": torch.tensor([[0.5, -2.0, -0.5]])})
    assert places_by_magnitude(graph)["2.weight"].tolist() == [[1, 0, 2]]


def test_counts_are_websters(graph):
    """Seats of 20, 30 and 50 votes, by the divisors 1/2, 3/2, ..."""
    votes = {"0.weight": 1.0, "1.weight": 1.0, "2.weight": 50 / 3}
    scores = webster(votes, random_places(graph, seed=0))
    for name, weight in graph.weights.items():
        expected = [votes[name] * weight.numel() / (k + 0.5) for k in range(weight.numel())]
        assert sorted(scores[name].flatten().tolist(), reverse=True) == pytest.approx(expected)
    mask = tp.keep_top(tp.Scores(scores), density=10 / 53)
    assert [int(keep.sum()) for keep in mask.keep.values()] == [3, 4, 3]  # the last layer is full
