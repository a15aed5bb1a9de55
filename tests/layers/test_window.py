import itertools

import pytest
import torch
from torch.nn import functional as F

from theoryprune.layers.window import extent, output_shape


@pytest.mark.parametrize("ceil", [False, True])
def test_trap_047_the_extent_is_that_of_torch(ceil):
    for size, kernel, stride, padding, dilation in itertools.product((5, 8, 9), (1, 2, 3), (1, 2, 3), (0, 1), (1, 2)):
        if 2 * padding <= kernel and dilation * (kernel - 1) < size + 2 * padding:
            pooled = F.max_pool1d(torch.zeros(1, 1, size), kernel, stride, padding, dilation, ceil)
            assert extent(size, kernel, stride, 2 * padding, dilation, ceil) == pooled.shape[-1]


def test_every_axis_has_its_own_window():
    assert output_shape((3, 9, 8), 5, (3, 2), (2, 1), (1, 0), (1, 3)) == (5, 5, 5)
