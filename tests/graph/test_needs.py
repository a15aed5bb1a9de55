import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.graph.test_constants import every_value
from tests.networks import random_graph, random_mask
from theoryprune.graph.constants import find_constants
from theoryprune.graph.evaluate import walk
from theoryprune.graph.joins import find_joins
from theoryprune.graph.needs import find_needs
from theoryprune.layers import Layer


def with_noise(graph: tp.WeightGraph, x: torch.Tensor, place: str, channels: torch.Tensor) -> torch.Tensor:
    """Evaluate with noise added to some channels of one record's output."""

    def step(layer: Layer, *xs: torch.Tensor) -> torch.Tensor:
        out = layer.forward(*xs)
        if layer.name == place:
            noise = torch.randn_like(out)
            noise[:, ~channels] = 0
            out = out + noise
        return out

    return walk(graph, x, step)


@pytest.mark.parametrize("seed", range(8))
def test_noise_on_channels_that_nobody_needs_changes_nothing(seed):
    graph = random_graph(seed)
    sparse = tp.apply_mask(graph, random_mask(graph, 0.2, seed))
    known = find_constants(sparse, find_joins(sparse))
    needed = find_needs(sparse, known, find_joins(sparse))
    x = torch.randn(2, *graph.input_shape, dtype=torch.float64)
    expected, tried = tp.forward(sparse, x), 0
    for name in every_value(sparse, x):
        unread = ~needed[name] & known[name].varying  # constants are not needed either, but folded first
        if unread.any():
            torch.testing.assert_close(with_noise(sparse, x, name, unread), expected, rtol=1e-12, atol=1e-12)
            tried += 1
    assert tried > 0


def test_a_channel_read_with_zero_weights_only_is_not_needed():
    graph = tp.extract(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2)), (2,))
    graph = graph.with_weights({"2.weight": torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 2.0]])})
    assert find_needs(graph, find_constants(graph, find_joins(graph)), find_joins(graph))["0"].tolist() == [
        True,
        False,
        True,
    ]


def test_a_constant_is_needed_only_at_padded_borders():
    for padding, expected in ((0, [False]), (1, [True])):
        net = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Conv2d(1, 1, 3, padding=padding))
        graph = tp.extract(net, (1, 5, 5)).with_weights({"0.weight": torch.zeros(1, 1, 1, 1)})
        assert find_needs(graph, find_constants(graph, find_joins(graph)), find_joins(graph))["0"].tolist() == expected
