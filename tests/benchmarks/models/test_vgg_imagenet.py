"""Simonyan, Zisserman 2015, table 1: exact counts at 224x224 and the keys of common trained files."""

import math

import pytest
import torch

from benchmarks.models import vgg_imagenet
from tests.benchmarks.models.counting import Counts, counts, layers_of, on_meta

TABLE = {
    "vgg11_224": Counts(11, 132_863_336, 132_851_392, 7_609_090_048),
    "vgg11_bn_224": Counts(11, 132_868_840, 132_851_392, 7_609_090_048),
    "vgg16_224": Counts(16, 138_357_544, 138_344_128, 15_470_264_320),
    "vgg16_bn_224": Counts(16, 138_365_992, 138_344_128, 15_470_264_320),
    "vgg19_224": Counts(19, 143_667_240, 143_652_544, 19_632_062_464),
    "vgg19_bn_224": Counts(19, 143_678_248, 143_652_544, 19_632_062_464),
}


@pytest.mark.parametrize("name", TABLE)
def test_counts(name):
    assert counts(on_meta(getattr(vgg_imagenet, name))) == TABLE[name]


def test_the_keys_of_trained_files():
    names = list(layers_of(on_meta(vgg_imagenet.vgg16_224)))
    convs = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]
    assert names == [f"features.{i}" for i in convs] + [f"classifier.{i}" for i in (0, 3, 6)]


def test_the_default_weights_are_fan_out_and_small_linear_ones():
    torch.manual_seed(0)
    layers = list(layers_of(vgg_imagenet.vgg11_bn_224(width=0.125)).values())
    assert layers[6].weight.std().item() == pytest.approx(math.sqrt(2 / (9 * 64)), rel=0.02)
    assert layers[-3].weight.std().item() == pytest.approx(0.01, rel=0.02)
