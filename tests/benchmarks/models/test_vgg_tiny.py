"""VGG-BN at 64x64 for Tiny-ImageNet: exact counts of both heads."""

import math

import pytest
import torch

from benchmarks.models.vgg_tiny import tiny_vgg, vgg11_bn_64, vgg16_bn_64, vgg19_bn_64
from tests.benchmarks.models.counting import Counts, counts, layers_of, on_meta

TABLE = [
    (vgg11_bn_64, {}, Counts(11, 12_578_760, 12_568_256, 614_408_192)),
    (vgg16_bn_64, {}, Counts(16, 18_075_912, 18_060_992, 1_256_136_704)),
    (vgg19_bn_64, {}, Counts(19, 23_388_168, 23_369_408, 1_595_875_328)),
    (vgg16_bn_64, {"head": "linear"}, Counts(14, 14_825_736, 14_812_864, 1_252_888_576)),
]


@pytest.mark.parametrize(("factory", "options", "expected"), TABLE)
def test_counts(factory, options, expected):
    model = on_meta(factory, **options)
    assert counts(model) == expected
    assert model.example_shape == (3, 64, 64)


def test_the_head_is_2048_1024_1024_200():
    head = list(layers_of(on_meta(vgg11_bn_64)).values())[-3:]
    assert [tuple(layer.weight.shape) for layer in head] == [(1024, 2048), (1024, 1024), (200, 1024)]


def test_the_default_weights_are_fan_out_and_small_linear_ones():
    torch.manual_seed(0)
    model = tiny_vgg(11, width=0.25)
    layers = list(layers_of(model).values())
    assert layers[5].weight.std().item() == pytest.approx(math.sqrt(2 / (9 * 128)), rel=0.02)
    assert layers[-2].weight.std().item() == pytest.approx(0.01, rel=0.02)


def test_an_unknown_head_is_an_error():
    with pytest.raises(ValueError, match="head must be one of three_layers, linear, got 'two'"):
        tiny_vgg(11, head="two")
