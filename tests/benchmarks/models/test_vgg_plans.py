import pytest
import torch
from torch import nn

from benchmarks.models.vgg_plans import PLANS, features
from tests.benchmarks.models.counting import on_meta


@pytest.mark.parametrize("depth", PLANS)
def test_depth_counts_the_convolutions_and_three_linear_layers(depth):
    assert sum(isinstance(entry, int) for entry in PLANS[depth]) == depth - 3
    assert PLANS[depth].count("M") == 4


@pytest.mark.parametrize("depth", PLANS)
def test_the_channels_are_those_of_the_plan(depth):
    convs = [m for m in on_meta(features, depth=depth, width=0.5) if isinstance(m, nn.Conv2d)]
    channels = [entry // 2 for entry in PLANS[depth] if isinstance(entry, int)]
    assert [conv.out_channels for conv in convs] == channels
    assert [conv.in_channels for conv in convs] == [3, *channels[:-1]]


@pytest.mark.parametrize(("last_pool", "side"), [(False, 4), (True, 2)])
def test_four_or_five_poolings(last_pool, side):
    x = torch.empty(1, 3, 64, 64, device="meta")
    assert on_meta(features, depth=11, last_pool=last_pool)(x).shape == (1, 512, side, side)


def test_batch_norm_and_biases_are_options():
    plain = on_meta(features, depth=11, batch_norm=False, conv_bias=False)
    assert [type(m) for m in plain[:3]] == [nn.Conv2d, nn.ReLU, nn.MaxPool2d]
    assert all(m.bias is None for m in plain if isinstance(m, nn.Conv2d))
    assert [type(m) for m in on_meta(features, depth=11)[:3]] == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU]


def test_an_unknown_depth_is_an_error():
    with pytest.raises(ValueError, match="depth must be one of 11, 13, 16, 19, got 12"):
        features(12)
