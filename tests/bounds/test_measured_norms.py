"""Measured norms are those of the values, and refuse what is no measurement."""

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.networks import random_graph
from tests.small import normal
from theoryprune.bounds import measured_norms, prefix_norms
from theoryprune.bounds.measured_norms import doubled


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_they_are_the_norms_of_the_values(dtype):
    for seed in range(6):
        graph = random_graph(seed, dtype)
        x = normal(3, *graph.input_shape, seed=seed, dtype=dtype)
        found = measured_norms(graph, x)
        values = {"<input>": x.double()}
        for layer in graph.layers:
            values[layer.name] = doubled(layer).forward(*(values[name] for name in layer.inputs))
        for name, value in values.items():
            exact = float(value.flatten(1).norm(dim=1).max())
            assert exact <= found[name] <= exact * (1 + 2e-9)
        radius = float(x.double().flatten(1).norm(dim=1).max()) * (1 + 1e-12)
        bounds = prefix_norms(graph, radius, effort="fast")
        assert all(found[name] <= bounds[name] * (1 + 2e-9) for name in found)


def test_refusals():
    graph = tp.extract(nn.Linear(3, 2), (3,))
    for wrong in (torch.ones(2, 4), torch.ones(0, 3), torch.ones(2, 3, dtype=torch.int64)):
        with pytest.raises(ValueError, match="x must be floating, of shape"):
            measured_norms(graph, wrong)
    with pytest.raises(ValueError, match=r"x: the values of .* are not finite"):
        measured_norms(graph, torch.full((1, 3), torch.nan))
