"""Erdos-Renyi-kernel densities."""

import pytest
import torch
from torch import nn

import theoryprune as tp
from benchmarks.models import resnet20
from theoryprune.measures import kept_count


def densities(graph, density):
    """The rule solved directly: capped layers are full, the others share the rest in proportion to the raw density."""
    raw = {name: sum(w.shape) / w.numel() for name, w in graph.weights.items()}
    sizes = {name: w.numel() for name, w in graph.weights.items()}
    full = set()
    while True:
        rest = kept_count(density, graph.num_weights) - sum(sizes[name] for name in full)
        scale = rest / sum(raw[name] * sizes[name] for name in raw if name not in full)
        over = {name for name in raw if name not in full and scale * raw[name] > 1}
        if not over:
            return {name: 1.0 if name in full else scale * raw[name] for name in raw}
        full |= over


@pytest.mark.parametrize("density", [0.5, 0.2, 0.05, 0.01, 0.001])
def test_counts_round_the_densities_of_resnet20(density):
    net = resnet20()
    graph = tp.extract(net, net.example_shape)
    mask = tp.keep_top(tp.erk(graph, seed=0), density)
    assert mask.kept == kept_count(density, graph.num_weights)
    for name, wanted in densities(graph, density).items():
        assert abs(int(mask.keep[name].sum()) - wanted * graph.weights[name].numel()) < 0.75


def test_masks_are_nested_over_densities():
    graph = tp.extract(nn.Sequential(nn.Linear(9, 8), nn.Linear(8, 7)), (9,))
    scores = tp.erk(graph, seed=1)
    small, large = tp.keep_top(scores, 0.1), tp.keep_top(scores, 0.5)
    assert (small & large).sha256 == small.sha256


def test_by_hand():
    net = nn.Sequential(nn.Conv2d(2, 4, 3, groups=2, bias=False))
    scores = tp.erk(tp.extract(net, (2, 3, 3)), seed=0).values["0.weight"]
    raw = (1 + 4 + 3 + 3) / (1 * 4 * 9)  # input channels of one group
    assert float(scores.max()) == pytest.approx(raw * 36 / 0.5)
    assert torch.equal(scores, tp.erk(tp.extract(net, (2, 3, 3)), seed=0).values["0.weight"])
