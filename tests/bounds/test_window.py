"""Sizes and refusals of windows."""

import pytest
import torch

from theoryprune.bounds import Window
from theoryprune.errors import UnsupportedLayerError


@pytest.mark.parametrize(("size", "kernel", "stride", "padding", "dilation"), [(7, 3, 2, 1, 1), (9, 2, 3, 0, 4)])
def test_the_output_is_that_of_torch(size, kernel, stride, padding, dilation):
    found = Window((stride,), (padding,), (dilation,)).output((size,), (kernel,))
    expected = torch.nn.functional.conv1d(
        torch.zeros(1, 1, size), torch.zeros(1, 1, kernel), None, *(stride, padding, dilation)
    )
    assert found == tuple(expected.shape[2:])


def test_padding_is_kept_as_pairs():
    assert Window((1, 1), (1, (0, 2)), (1, 1)).pads == ((1, 1), (0, 2))
    assert Window((1,), (1,), (1,)) == Window((1,), ((1, 1),), (1,))


def test_bad_windows_are_refused():
    with pytest.raises(UnsupportedLayerError, match="reflect"):
        Window((1,), (1,), (1,), "reflect")
    for bad in (((0,), (0,), (1,)), ((1,), (-1,), (1,)), ((1,), (0,), (0,)), ((1, 1), (0,), (1,)), ((), (), ())):
        with pytest.raises(ValueError, match="stride"):
            Window(*bad)
    with pytest.raises(ValueError, match="fit"):
        Window((1,), (0,), (2,)).output((4,), (3,))
    with pytest.raises(ValueError, match="axes"):
        Window((1,), (0,), (2,)).output((4, 4), (3, 3))
