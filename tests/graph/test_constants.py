import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.networks import random_graph, random_mask
from theoryprune.graph.constants import Constants, constants, find_constants
from theoryprune.graph.evaluate import walk
from theoryprune.graph.joins import find_joins
from theoryprune.layers import Layer


def every_value(graph: tp.WeightGraph, x: torch.Tensor) -> dict[str, torch.Tensor]:
    """The value of every record on a batch."""
    values: dict[str, torch.Tensor] = {}

    def step(layer: Layer, *xs: torch.Tensor) -> torch.Tensor:
        values[layer.name] = layer.forward(*xs)
        return values[layer.name]

    walk(graph, x, step)
    return values


@pytest.mark.parametrize("seed", range(12))
def test_constant_channels_have_the_stated_value_everywhere_on_every_input(seed):
    graph = random_graph(seed)
    sparse = tp.apply_mask(graph, random_mask(graph, 0.15, seed))
    known = find_constants(sparse, find_joins(sparse))
    x = 10 * torch.randn(4, *graph.input_shape, dtype=torch.float64)
    found = 0
    for name, value in every_value(sparse, x).items():
        by_channel = value.transpose(0, 1).flatten(1)
        constant = ~known[name].varying
        found += int(constant.sum())
        expected = known[name].value[constant, None].expand_as(by_channel[constant])
        torch.testing.assert_close(by_channel[constant], expected, rtol=1e-12, atol=1e-12)
    assert found > 0


def test_a_constant_beside_padded_zeros_varies_over_positions():
    net = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(1, 1, 1))
    graph = tp.extract(net, (1, 4, 4))
    graph = graph.with_weights({"0.weight": torch.zeros(1, 1, 1, 1)})
    known = find_constants(graph, find_joins(graph))
    assert known["0"].varying.tolist() == [False]
    assert known["1"].varying.tolist() == [True]


def test_a_zero_beside_padded_zeros_stays_constant():
    net = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.Conv2d(1, 1, 3, padding=1))
    graph = tp.extract(net, (1, 4, 4)).with_weights({"0.weight": torch.zeros(1, 1, 1, 1)})
    known = find_constants(graph, find_joins(graph))
    assert known["1"].varying.tolist() == [False]
    assert known["1"].value.item() == pytest.approx(net[1].bias.item())


@pytest.mark.parametrize(
    "pool",
    [
        nn.AvgPool2d(2, 1, 1),
        nn.AvgPool2d(2, 2, ceil_mode=True),
        nn.AvgPool2d(2, divisor_override=3),
        nn.AvgPool2d(3, 1, 1, count_include_pad=False),
        nn.AvgPool2d(2),
    ],
)
def test_average_pooling_of_a_constant_is_what_it_computes(pool):
    net = nn.Sequential(nn.Conv2d(1, 1, 1), pool)
    graph = tp.extract(net.double(), (1, 5, 5)).with_weights({"0.weight": torch.zeros(1, 1, 1, 1).double()})
    known, value = (
        find_constants(graph, find_joins(graph))[graph.output],
        tp.forward(graph, torch.rand(1, 1, 5, 5).double()),
    )
    if not known.varying.any():
        torch.testing.assert_close(value, known.value.reshape(1, 1, 1, 1).expand_as(value))
    uneven = pool.padding == 1 and pool.count_include_pad
    assert known.varying.any() == (pool.divisor_override is not None or pool.ceil_mode or uneven)


def test_batch_norm_with_scale_zero_makes_a_constant():
    net = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2)).double()
    net[1].weight.data[0], net[1].bias.data[0] = 0.0, 1.5
    graph = tp.extract(net, (1, 3, 3))
    known = find_constants(graph, find_joins(graph))["1"]
    assert known.varying.tolist() == [False, True]
    assert known.value.tolist() == [1.5, 0.0]


def test_a_layer_without_a_rule_is_named():
    class Strange(Layer):
        kind = "strange"
        forward = shape = couple = select = None

    with pytest.raises(tp.UnsupportedLayerError, match=r"'odd' \(strange\) has no rule for constant channels"):
        constants(Strange(name="odd", inputs=()), Constants(torch.ones(1).bool(), torch.zeros(1)))
