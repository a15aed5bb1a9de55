"""Norms without data: never exceeded by ascent over the ball, exact where they must be."""

import numpy as np
import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.networks import random_graph
from tests.small import Written, normal, with_statistics
from theoryprune.bounds import measured_norms, prefix_norms


def largest_norms(graph, radius, seed, steps=12):
    """For a few tensors the largest norm that ascent over the sphere finds, and along the way that of all others."""
    best = dict.fromkeys(graph.shapes, 0.0)
    draw = np.random.default_rng(seed)
    for name in [graph.output, *draw.choice([layer.name for layer in graph.layers], 3)]:
        x = normal(1, *graph.input_shape, seed=seed)
        for _ in range(steps):
            x = (x * (radius / x.norm() * (1 - 1e-12))).requires_grad_()
            values = {"<input>": x}
            for layer in graph.layers:
                values[layer.name] = layer.forward(*(values[source] for source in layer.inputs))
            for key, value in values.items():
                best[key] = max(best[key], float(value.detach().norm()) * (1 - 1e-12))
            (slope,) = torch.autograd.grad(values[name].square().sum(), x, allow_unused=True)
            x = x.detach() if slope is None or not slope.any() else slope + 0.1 * x.detach()
    return best


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("radius", [0.0, 0.7, 50.0])
def test_never_exceeded_in_random_networks(seed, radius):
    graph = random_graph(seed)
    bounds = prefix_norms(graph, radius, effort="fast")
    assert set(bounds) == set(graph.shapes)
    if radius:
        found = largest_norms(graph, radius, seed)
    else:
        found = {k: v * (1 - 1e-8) for k, v in measured_norms(graph, torch.zeros(1, *graph.input_shape)).items()}
    assert [name for name in bounds if found[name] > bounds[name]] == []


def test_biases_stand_at_every_position():
    conv = nn.Conv2d(1, 2, 3, padding=1)
    conv.weight.data.zero_()
    conv.bias.data = torch.tensor([3.0, -4.0])
    graph = tp.extract(nn.Sequential(conv, nn.ReLU()), (1, 5, 4))
    norms = prefix_norms(graph, 1.0)
    assert norms["0"] == pytest.approx(5 * np.sqrt(20))
    assert norms[graph.output] == pytest.approx(3 * np.sqrt(20))


def test_a_chain_counts_as_one_map_and_its_gain_is_found_once():
    net = with_statistics(nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())).double()
    graph = tp.extract(net, (4,))
    norms = prefix_norms(graph, 2.0)
    scale, shift = (a.numpy() for a in graph.by_name["1"].affine())
    weight, bias = scale[:, None] * net[0].weight.detach().numpy(), scale * net[0].bias.detach().numpy() + shift
    gain = np.linalg.norm(weight, 2)
    assert norms["1"] == pytest.approx(2 * gain + np.linalg.norm(bias))
    assert norms[graph.output] == pytest.approx(2 * gain + np.linalg.norm(np.maximum(bias, 0)))
    assert prefix_norms(graph, 2.0, [graph.output]) == {graph.output: norms[graph.output]}


def test_bounded_activations_stay_bounded():
    net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 8), nn.Sigmoid(), nn.Linear(8, 4), nn.ReLU6())
    graph = tp.extract(nn.Sequential(*net, nn.Softmax(1)), (3,))
    norms = list(prefix_norms(graph, 1e200).values())
    assert norms[2] == pytest.approx(np.sqrt(8))
    assert norms[4] <= np.sqrt(8) * (1 + 1e-12)
    assert norms[6] <= 12 * (1 + 1e-12)
    assert norms[7] == pytest.approx(1)
    assert list(prefix_norms(tp.extract(nn.Sequential(nn.Linear(3, 3), nn.ReLU()), (3,)), 1e308).values())[2] > 1e307


def test_sums_and_concatenations():
    graph = tp.extract(Written(lambda m, x: torch.cat([x + x.relu(), x], 1)), (4,))
    assert prefix_norms(graph, 3.0)[graph.output] == pytest.approx(np.hypot(6, 3))


def test_refusals():
    graph = tp.extract(nn.Linear(3, 2), (3,))
    with pytest.raises(ValueError, match="radius must be at least 0 and finite, got -1"):
        prefix_norms(graph, -1)
    with pytest.raises(ValueError, match="radius"):
        prefix_norms(graph, float("nan"))
    with pytest.raises(ValueError, match=r"names must be tensors of the graph, got \['b'\]"):
        prefix_norms(graph, 1.0, ["b"])
    with pytest.raises(ValueError, match="effort"):
        prefix_norms(graph, 1.0, effort="none")
    with pytest.raises(ValueError, match="meta"):
        prefix_norms(tp.extract(nn.Linear(3, 2, device="meta"), (3,)), 1.0)
