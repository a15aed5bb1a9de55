import pytest
import torch
from torch import nn

from benchmarks.models.residual import SHORTCUTS, BasicBlock, PaddedSubsample, Projection


def test_option_a_takes_every_second_pixel_and_pads_both_sides_with_zeros():
    x = torch.arange(1.0, 19.0).reshape(1, 2, 3, 3)
    y = PaddedSubsample(2, 4, 2)(x)
    zero = [[0.0, 0.0], [0.0, 0.0]]
    assert y.tolist() == [[zero, [[1.0, 3.0], [7.0, 9.0]], [[10.0, 12.0], [16.0, 18.0]], zero]]


def test_an_odd_number_of_new_channels_puts_the_extra_one_last():
    y = PaddedSubsample(1, 4, 1)(torch.ones(1, 1, 1, 1))
    assert y.flatten().tolist() == [0, 1, 0, 0]


def test_option_a_has_no_parameters_and_option_b_a_convolution_and_batch_norm():
    assert not PaddedSubsample(16, 32, 2).state_dict()
    shapes = {name: tuple(p.shape) for name, p in Projection(16, 32, 2).named_parameters()}
    assert shapes == {"0.weight": (32, 16, 1, 1), "1.weight": (32,), "1.bias": (32,)}


@pytest.mark.parametrize("option", SHORTCUTS)
@pytest.mark.parametrize("size", [7, 8])
def test_both_options_have_the_shape_of_the_block(option, size):
    x = torch.randn(2, 4, size, size)
    assert SHORTCUTS[option](4, 8, 2)(x).shape == (2, 8, (size + 1) // 2, (size + 1) // 2)
    assert BasicBlock(4, 8, 2, option)(x).shape == (2, 8, (size + 1) // 2, (size + 1) // 2)


def test_an_unchanged_shape_needs_no_shortcut():
    assert isinstance(BasicBlock(4, 4, 1, "B").shortcut, nn.Identity)
    assert isinstance(BasicBlock(4, 4, 2, "B").shortcut, Projection)
    assert isinstance(BasicBlock(4, 8, 1, "A").shortcut, PaddedSubsample)


def test_a_block_with_zero_weights_passes_the_shortcut_through_relu():
    block = BasicBlock(3, 3, 1, "B").eval()
    nn.init.zeros_(block.conv2.weight)
    x = torch.randn(2, 3, 5, 5)
    assert torch.equal(block(x), torch.relu(x))
