"""The margin for rounding: sizes that add up along the heaviest path, and errors that stay within it."""

from dataclasses import replace
from itertools import pairwise
from math import inf

import pytest
import torch
from torch import nn

import theoryprune as tp
from benchmarks.models import resnet20, resnet50_224
from tests.networks import random_graph
from tests.small import Written
from theoryprune.graph.rounding import operations, rounding_margin
from theoryprune.types import INPUT


def extracted(model, shape):
    return tp.extract(model, shape)


def test_a_chain_of_two_layers_by_hand():
    graph = extracted(nn.Sequential(nn.Linear(5, 7, bias=False), nn.ReLU(), nn.Linear(7, 2, bias=False)), (5,))
    assert operations(graph) == 2 * ((7 + 3) + (7 + 3)) + 1 + 2
    m = operations(graph) * 2.0**-53
    assert rounding_margin(graph, torch.float64) == m / (1 - m)


def test_positions_of_the_largest_map_count():
    graph = extracted(nn.Conv2d(3, 4, 3, padding=1, bias=False), (3, 8, 9))
    assert operations(graph) == 2 * (4 * 9 + 3) + 72 + 4 * 72


def test_pooling_adds_too():
    """Sixty 15x15 poolings add 13,500 numbers, which a sum over the weight layers would miss."""
    pools = nn.Sequential(*[nn.AvgPool2d(15, 1, 7) for _ in range(60)])
    assert operations(extracted(pools, (1, 16, 16))) > 2 * 13_500


def test_of_several_branches_the_heaviest_counts():
    light, heavy = nn.Linear(4, 4, bias=False), nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    graph = extracted(Written(lambda m, x: m.light(x) + m.heavy(x), light=light, heavy=heavy), (4,))
    readers, addition = 1, 2 + 3
    assert operations(graph) == 2 * (2 * (5 + 3) + addition + readers) + 1 + 4


@pytest.mark.parametrize(("model", "below"), [(resnet20, 1e-11), (resnet50_224, 1e-10)])
def test_benchmark_networks_have_small_margins(model, below):
    with torch.device("meta"):
        net = model()
    graph = tp.extract(net, net.example_shape)
    assert 0 < rounding_margin(graph, torch.float64) < below
    assert rounding_margin(graph, torch.float32) < 0.1


def test_nothing_is_proved_of_what_adds_too_much():
    pool = extracted(nn.AvgPool2d(31, 1, 15), (1, 32, 32))
    names = [INPUT, *(f"pool{i}" for i in range(10_000))]
    layers = (replace(pool.layers[0], name=name, inputs=(before,)) for before, name in pairwise(names))
    many = replace(pool, layers=tuple(layers), output=names[-1])
    assert rounding_margin(many, torch.float32) == inf


@pytest.mark.parametrize("seed", range(20))
def test_float32_stays_within_its_margin(seed):
    graph = random_graph(seed, torch.float32)
    exact, rounded = tp.synflow(graph), tp.synflow(graph, dtype=torch.float32)
    margin = rounding_margin(graph, torch.float32)
    assert rounded.total * 2.0**rounded.exponent == pytest.approx(exact.total * 2.0**exact.exponent, rel=margin)
    for name, score in exact.values.items():
        again = rounded.values[name].double() * 2.0 ** (rounded.exponent - exact.exponent)
        assert bool(((again - score).abs() <= margin * score + 1e-30).all())


def test_arguments():
    with pytest.raises(ValueError, match=r"dtype must be torch\.float64 or torch\.float32, got torch\.float16"):
        rounding_margin(extracted(nn.Linear(2, 2), (2,)), torch.float16)
    with pytest.raises(TypeError, match="graph must be a WeightGraph"):
        rounding_margin(nn.Linear(2, 2), torch.float64)
