"""Seeded orders, and Webster's apportionment."""

import pytest
import torch
from torch import nn

import theoryprune as tp
from theoryprune.scores.draws import generator, webster


def test_seeds():
    assert torch.equal(torch.rand(3, generator=generator(5)), torch.rand(3, generator=generator(5)))
    with pytest.raises(ValueError, match="seed must not be negative, got -1"):
        generator(-1)


def test_counts_are_websters():
    """Seats of 20, 30 and 50 votes, by the divisors 1/2, 3/2, ..."""
    net = nn.Sequential(nn.Linear(2, 10), nn.Linear(10, 3), nn.Linear(3, 1))
    graph = tp.extract(net, (2,))
    votes = {"0.weight": 1.0, "1.weight": 1.0, "2.weight": 50 / 3}
    scores = webster(graph, votes, seed=0)
    for name, weight in graph.weights.items():
        expected = [votes[name] * weight.numel() / (k + 0.5) for k in range(weight.numel())]
        assert sorted(scores[name].flatten().tolist(), reverse=True) == pytest.approx(expected)
    mask = tp.keep_top(tp.Scores(scores), density=10 / 53)
    assert [int(keep.sum()) for keep in mask.keep.values()] == [3, 4, 3]  # the last layer is full
