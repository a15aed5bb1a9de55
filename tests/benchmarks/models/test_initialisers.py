import math

import pytest
import torch
from torch import nn

from benchmarks.models.initialisers import BN_SCALES, WEIGHTS, initialise


def sample():
    """A convolution of fan-in 288 and fan-out 1152, batch norm, a linear map 128 -> 500."""
    torch.manual_seed(0)
    conv, head = nn.Conv2d(32, 128, 3), nn.Linear(128, 500)
    return nn.Sequential(conv, nn.BatchNorm2d(128), nn.ReLU(), nn.Flatten(), head)


STD = {
    "kaiming_normal": (math.sqrt(2 / 288), math.sqrt(2 / 128)),
    "kaiming_normal_fan_out": (math.sqrt(2 / 1152), math.sqrt(2 / 500)),
    "xavier_normal": (math.sqrt(2 / (288 + 1152)), math.sqrt(2 / 628)),
}


def assert_normal(weight, std):
    """Mean and standard deviation within five standard errors, and the tails of a normal law."""
    n = weight.numel()
    assert abs(weight.mean().item()) < 5 * std / math.sqrt(n)
    assert abs(weight.std().item() / std - 1) < 5 / math.sqrt(2 * n)
    inside = (weight.abs() < std).double().mean().item()
    assert abs(inside - 0.6827) < 5 * math.sqrt(0.6827 * 0.3173 / n)


def test_every_rule_has_its_figures_here():
    assert STD.keys() == WEIGHTS.keys()


@pytest.mark.parametrize("init", WEIGHTS)
def test_standard_deviations(init):
    model = sample()
    initialise(model, init=init)
    assert_normal(model[0].weight.detach(), STD[init][0])
    assert_normal(model[4].weight.detach(), STD[init][1])


def test_the_default_is_fan_in_and_the_identity_batch_norm():
    model, default = sample(), sample()
    torch.manual_seed(1)
    initialise(model, init="kaiming_normal", linear_std=None, bn_scale="one")
    torch.manual_seed(1)
    initialise(default)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), default.parameters(), strict=True))
    assert torch.equal(default[1].weight, torch.ones(128))


def test_linear_std_is_for_linear_layers_only():
    model = sample()
    initialise(model, linear_std=0.01)
    assert_normal(model[0].weight.detach(), STD["kaiming_normal"][0])
    assert_normal(model[4].weight.detach(), 0.01)


@pytest.mark.parametrize("bn_scale", BN_SCALES)
def test_biases_and_shifts_are_zero(bn_scale):
    model = sample()
    for parameter in model.parameters():
        nn.init.constant_(parameter, 7.0)
    initialise(model, bn_scale=bn_scale)
    assert not any(layer.bias.any() for layer in (model[0], model[1], model[4]))


def test_uniform_scales():
    model = sample()
    initialise(model, bn_scale="uniform")
    scale = model[1].weight
    assert 0 <= scale.min() < 0.1
    assert 0.9 < scale.max() < 1
    assert abs(scale.mean().item() - 0.5) < 5 / math.sqrt(12 * 128)


@pytest.mark.parametrize("init", WEIGHTS)
@pytest.mark.parametrize("bn_scale", BN_SCALES)
def test_the_meta_device(init, bn_scale):
    model = sample().to("meta")
    initialise(model, init=init, linear_std=0.01, bn_scale=bn_scale)
    assert all(parameter.is_meta for parameter in model.parameters())


def test_layers_without_bias():
    model = nn.Sequential(nn.Conv2d(3, 4, 1, bias=False), nn.Linear(4, 2, bias=False))
    initialise(model)
    assert all(layer.bias is None for layer in model)


@pytest.mark.parametrize("argument", ["init", "bn_scale"])
def test_an_unknown_name_lists_the_known_ones(argument):
    with pytest.raises(ValueError, match=rf"{argument} must be one of .*, got 'zeros'"):
        initialise(sample(), **{argument: "zeros"})
