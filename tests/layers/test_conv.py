import pytest
import torch

from tests.small import normal
from theoryprune.layers import Conv


def conv(out, per_group, groups=1, kernel=(3, 3), padding=(0, 0), dilation=(1, 1)):
    weight = normal(out, per_group, *kernel)
    return Conv(
        name="c", inputs=("x",), weight=weight, stride=(1, 1), padding=padding, dilation=dilation, group_count=groups
    )


@pytest.mark.parametrize(
    ("out", "per_group", "groups", "depthwise"),
    [(4, 4, 1, False), (1, 1, 1, False), (4, 1, 1, False), (4, 1, 4, True), (8, 1, 4, True), (4, 2, 2, False)],
)
def test_trap_061_depthwise_means_several_groups_of_one_channel(out, per_group, groups, depthwise):
    assert conv(out, per_group, groups).depthwise == depthwise


@pytest.mark.parametrize(
    ("padding", "pads"),
    [((1, 2), ((1, 1), (2, 2))), ("valid", ((0, 0), (0, 0))), ("same", ((1, 1), (1, 2)))],
)
def test_named_padding_in_numbers(padding, pads):
    assert conv(2, 2, kernel=(3, 4), padding=padding).pads == pads


def test_trap_060_groups_of_unequal_size_are_refused():
    with pytest.raises(ValueError, match="'c' leaves its 2 groups with unequal channels"):
        conv(4, 2, groups=2).select(torch.tensor([0, 1, 2]), torch.arange(4))


def test_whole_groups_may_go():
    layer = conv(6, 2, groups=3)
    small = layer.select(torch.tensor([2, 3]), torch.tensor([2, 3]))
    assert small.groups == 1
    assert small.weight.equal(layer.weight[2:4])


def test_groups_shrink_alike():
    layer = conv(6, 2, groups=2)
    small = layer.select(torch.tensor([0, 2, 3, 4]), torch.tensor([1, 2]))
    assert small.groups == 2
    assert small.weight.equal(torch.cat([layer.weight[[0, 2]][:, [1]], layer.weight[[3, 4]][:, [0]]]))
