"""ResNet-18 with a 3x3 stem: exact counts for 32x32 and 64x64."""

import math

import pytest
import torch

from benchmarks.models.resnet18 import resnet18_32, resnet18_64
from tests.benchmarks.models.counting import Counts, counts, on_meta

TABLE = [
    (resnet18_32, 10, Counts(21, 11_173_962, 11_164_352, 555_422_720)),
    (resnet18_32, 100, Counts(21, 11_220_132, 11_210_432, 555_468_800)),
    (resnet18_64, 200, Counts(21, 11_271_432, 11_261_632, 2_221_772_800)),
    (resnet18_64, 25, Counts(21, 11_181_657, 11_172_032, 2_221_683_200)),
]


@pytest.mark.parametrize(("factory", "classes", "expected"), TABLE)
def test_counts(factory, classes, expected):
    assert counts(on_meta(factory, classes=classes)) == expected


def test_defaults():
    assert counts(on_meta(resnet18_32)) == TABLE[0][2]
    assert counts(on_meta(resnet18_64)) == TABLE[2][2]


def test_a_wide_resnet18_has_more_parameters():
    narrow, wide = (counts(on_meta(resnet18_64, width=width)) for width in (1, 2))
    assert wide.layers == narrow.layers
    assert 3.9 < wide.parameters / narrow.parameters < 4


def test_the_default_weights_are_fan_out():
    torch.manual_seed(0)
    conv = resnet18_64(width=0.25).layer4[0].conv1
    assert conv.in_channels == 64
    assert conv.weight.std().item() == pytest.approx(math.sqrt(2 / (9 * 128)), rel=0.02)
