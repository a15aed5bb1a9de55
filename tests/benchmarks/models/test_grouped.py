import torch
from torch import nn

from benchmarks.models.grouped import GROUPS, GroupedBottleneck, grouped_tiny
from tests.benchmarks.models.counting import Counts, counts, on_meta


def test_counts():
    assert counts(on_meta(grouped_tiny)) == Counts(12, 11_130, 10_544, 1_044_800)


def test_the_middle_convolutions_are_grouped_but_not_depthwise():
    convs = [m for m in on_meta(grouped_tiny).modules() if isinstance(m, nn.Conv2d)]
    grouped = [m for m in convs if m.groups > 1]
    assert [m.groups for m in grouped] == 3 * [GROUPS]
    assert all(m.in_channels > m.groups for m in grouped)


def test_a_bottleneck_halves_the_image_and_changes_the_channels():
    assert GroupedBottleneck(4, 8, 6, 2)(torch.randn(2, 4, 7, 7)).shape == (2, 6, 4, 4)
