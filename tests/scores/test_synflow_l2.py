"""The squared flow: definition, conservation, and pruning with its certificate."""

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.networks import random_graph
from theoryprune.graph.flow import flow_network


def graphs():
    """Random networks that have a squared flow."""
    for seed in range(30):
        graph = random_graph(seed)
        try:
            flow_network(graph, power=2)
        except tp.UnsupportedLayerError:
            continue
        yield graph


def test_is_the_derivative_by_the_squared_weights():
    found = 0
    for graph in graphs():
        found += 1
        network = flow_network(graph, power=2)
        squares = {name: weight.clone().requires_grad_() for name, weight in network.weights.items()}
        ones = torch.ones(1, *graph.input_shape, dtype=torch.float64)
        total = tp.forward(network.with_weights(squares), ones).sum()
        slopes = torch.autograd.grad(total, list(squares.values()), materialize_grads=True, allow_unused=True)
        scores = tp.synflow_l2(graph)
        assert scores.total * 2.0**scores.exponent == pytest.approx(float(total.detach()), rel=1e-12)
        for (name, square), slope in zip(squares.items(), slopes, strict=True):
            expected = (square * slope).detach()
            torch.testing.assert_close(
                scores.values[name] * 2.0**scores.exponent, expected, rtol=1e-11, atol=1e-13 * float(total.detach())
            )
    assert found >= 8


def test_every_layer_of_a_chain_totals_the_flow():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    graph = tp.extract(nn.Sequential(*net, nn.Linear(12, 2)).double(), (2, 4, 4))
    scores = tp.synflow_l2(graph)
    assert [float(values.sum()) for values in scores.values.values()] == pytest.approx([scores.total] * 2, rel=1e-13)


def test_prune_certifies_the_squared_flow():
    graph = next(graphs())
    pruning = tp.prune(graph, tp.synflow_l2, 0.2)
    assert (pruning.method, pruning.certificate.rule) == ("synflow_l2", tp.FlowRule(power=2))
    assert pruning.certificate.certified
    tp.verify(pruning, graph, rows="all")
    assert pruning.mask.sha256 != tp.prune(graph, tp.synflow, 0.2).mask.sha256
