"""The explicit matrices are the convolutions."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from benchmarks.coresets.conv_layers import explicit, matrix, random_convolutions
from theoryprune.bounds import Window


@pytest.mark.parametrize("window", [Window((2, 1), (1, 0), (1, 2)), Window((1, 1), (1, 1), (1, 1))])
def test_a_matrix(window):
    kernel = np.random.default_rng(0).standard_normal((2, 3, 3, 2))
    x = torch.randn(3, 5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    padding = [pad[0] for pad in window.pads]
    wanted = F.conv2d(x[None], torch.from_numpy(kernel), None, window.stride, padding, window.dilation)
    assert matrix(kernel, (5, 6), window) @ x.numpy().ravel() == pytest.approx(wanted.numpy().ravel())


def test_circular_padding_turns():
    window = Window((1, 1), (1, 1), (1, 1), "circular")
    found = matrix(np.random.default_rng(0).standard_normal((1, 1, 3, 3)), (4, 4), window)
    assert np.array_equal(np.sort(found, axis=1)[0], np.sort(found, axis=1)[5])
    assert (found != 0).sum() == 16 * 9


def test_without_a_window_every_entry_is_read_once():
    kernel = np.arange(12.0).reshape(1, 3, 2, 2)
    assert np.array_equal(matrix(kernel, (2, 2), None), kernel.reshape(1, 12))


@pytest.mark.parametrize("number", range(6))
def test_everything_kept_changes_nothing(number):
    layer = random_convolutions("gauss", np.random.default_rng(number))
    assert np.array_equal(layer.kernels(layer.outgoing), layer.V)
    whole = explicit(layer, np.arange(len(layer.W)), layer.V, biased=True)
    assert np.array_equal(whole.V, whole.U)
    assert np.array_equal(whole.W, whole.rows)
    assert whole.affine == (layer.bias is not None)
