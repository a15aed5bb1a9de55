"""The search stays in its ball, finds differences that are there, and reports what it evaluated."""

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.maps import chain_graph
from tests.networks import random_graph
from theoryprune.bounds import search_difference
from theoryprune.bounds.network_witness import differences, evaluated


def test_it_finds_the_top_singular_vector_of_a_linear_difference():
    graph = chain_graph(6, 5)
    other = graph.with_weights({"0.weight": graph.weights["0.weight"] * 0.5})
    witness = search_difference(graph, other, 2.0, steps=100)
    exact = float(torch.linalg.matrix_norm(graph.weights["0.weight"], 2))
    assert 0.99 * exact <= witness.difference <= exact
    assert witness.output >= 2 * witness.difference
    assert float(witness.x.norm()) <= 2


def test_the_witness_is_what_the_networks_say():
    for seed in range(4):
        graph = random_graph(seed, torch.float32)
        name = graph.order[0]
        other = graph.with_weights({name: torch.zeros_like(graph.weights[name])})
        witness = search_difference(graph, other, 3.0, steps=5, seed=seed)
        apart = evaluated(graph, witness.x) - evaluated(other, witness.x)
        assert witness.difference == pytest.approx(float(apart.norm()))
        assert float(witness.x.norm()) <= 3
        first = search_difference(graph, other, 3.0, steps=0, seed=seed)
        assert witness.difference >= first.difference


def test_equal_networks_and_the_radius_zero():
    graph = tp.extract(nn.Sequential(nn.Linear(3, 2), nn.ReLU()), (3,))
    assert search_difference(graph, graph, 1.0).difference == 0
    assert search_difference(graph, graph, 0.0).x.norm() == 0


def test_the_worst_example_of_a_batch():
    graph = chain_graph(2, 2)
    other = graph.with_weights({"0.weight": torch.zeros(2, 2, dtype=torch.float64)})
    x = torch.tensor([[0.0, 0.0], [1.0, 1.0], [0.1, 0.0]], dtype=torch.float64)
    witness = differences(graph, other, x)
    assert torch.equal(witness.x, x[1:2])
    assert witness.difference == pytest.approx(witness.output)
