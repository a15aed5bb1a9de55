"""He et al. 2016, table 1: exact counts at 224x224 and the keys of common trained files."""

import math

import pytest
import torch

from benchmarks.models.resnet_imagenet import resnet18_224, resnet34_224, resnet50_224
from tests.benchmarks.models.counting import Counts, counts, layers_of, on_meta

TABLE = [
    (resnet18_224, Counts(21, 11_689_512, 11_678_912, 1_814_073_344)),
    (resnet34_224, Counts(37, 21_797_672, 21_779_648, 3_663_761_408)),
    (resnet50_224, Counts(54, 25_557_032, 25_502_912, 4_089_184_256)),
]


@pytest.mark.parametrize(("factory", "expected"), TABLE)
def test_counts(factory, expected):
    assert counts(on_meta(factory)) == expected


def test_the_keys_of_a_bottleneck():
    names = list(layers_of(on_meta(resnet50_224)))
    block = ["layer2.0.conv1", "layer2.0.conv2", "layer2.0.conv3", "layer2.0.downsample.0"]
    start = names.index(block[0])
    assert names[start : start + 4] == block
    assert (names[0], names[-1]) == ("conv1", "fc")
    downsample = [name for name in names if "downsample" in name]
    assert downsample == [f"layer{stage}.0.downsample.0" for stage in (1, 2, 3, 4)]


def test_basic_blocks_have_no_shortcut_in_the_first_stage():
    downsample = [name for name in layers_of(on_meta(resnet34_224)) if "downsample" in name]
    assert downsample == [f"layer{stage}.0.downsample.0" for stage in (2, 3, 4)]


def test_the_3x3_convolution_of_a_bottleneck_has_the_stride():
    block = on_meta(resnet50_224).layer2[0]
    assert [conv.stride for conv in (block.conv1, block.conv2, block.conv3)] == [(1, 1), (2, 2), (1, 1)]


def test_the_default_weights_are_fan_out():
    torch.manual_seed(0)
    conv = resnet18_224(width=0.25).layer4[0].conv1
    assert conv.in_channels == 64
    assert conv.weight.std().item() == pytest.approx(math.sqrt(2 / (9 * 128)), rel=0.02)
