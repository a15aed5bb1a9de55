"""What a mask really keeps."""

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.networks import random_graph, random_mask


@pytest.fixture
def graph():
    return tp.extract(nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2)), (2,))


def test_by_hand(graph):
    m = tp.Mask({"0.weight": torch.tensor([[1, 0], [0, 0]]).bool(), "2.weight": torch.tensor([[0, 1], [1, 1]]).bool()})
    effective = tp.effective_mask(graph, m)
    assert effective.keep["0.weight"].tolist() == [[True, False], [False, False]]
    assert effective.keep["2.weight"].tolist() == [[False, False], [True, False]]
    assert (m.density, effective.density) == (0.5, 0.25)
    assert tp.is_connected(graph, m)
    assert tp.disconnected_outputs(graph, m).tolist() == [0]


def test_a_kept_zero_is_no_edge(graph):
    weights = graph.weights["2.weight"].clone()
    weights[1] = 0
    full = tp.Mask({name: torch.ones_like(w, dtype=torch.bool) for name, w in graph.weights.items()})
    zeroed = graph.with_weights({"2.weight": weights})
    assert tp.effective_mask(zeroed, full).kept == 6
    assert tp.disconnected_outputs(zeroed, full).tolist() == [1]


def test_trap_016_negative_weights_count_like_positive_ones(graph):
    full = tp.Mask({name: torch.ones_like(w, dtype=torch.bool) for name, w in graph.weights.items()})
    negative = graph.with_weights({name: -w.abs() for name, w in graph.weights.items()})
    assert tp.effective_mask(negative, full).kept == full.kept == 8


def test_disconnected(graph):
    m = tp.Mask({"0.weight": torch.zeros(2, 2, dtype=torch.bool)})
    assert not tp.is_connected(graph, m)
    assert tp.effective_mask(graph, m).kept == 0
    assert tp.disconnected_outputs(graph, m).tolist() == [0, 1]


@pytest.mark.parametrize("seed", range(8))
def test_it_is_idempotent_and_leaves_the_flow_alone(seed):
    graph = random_graph(seed)
    m = random_mask(graph, 0.2, seed)
    effective = tp.effective_mask(graph, m)
    assert tp.effective_mask(graph, effective).sha256 == effective.sha256
    assert (effective & m).sha256 == effective.sha256
    first, second = (tp.synflow(tp.apply_mask(graph, x)) for x in (m, effective))
    assert (first.total, first.exponent) == (second.total, second.exponent)


def test_a_mask_of_another_network(graph):
    with pytest.raises(ValueError, match="mask"):
        tp.effective_mask(graph, tp.Mask({"0.weight": torch.zeros(3, 2, dtype=torch.bool)}))
