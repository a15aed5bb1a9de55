"""Convolutions by taps are those of their matrices, and the transpose is one."""

import numpy as np
import pytest

from tests.bounds.convs import matrix, window_of
from theoryprune.bounds.conv_map import convolved, transposed


@pytest.mark.parametrize("seed", range(30))
def test_the_map_and_its_transpose(seed):
    rng = np.random.default_rng(seed)
    axes = int(rng.integers(1, 4))
    size, k = (tuple(rng.integers(low, high, axes).tolist()) for low, high in ((3, 6), (1, 3)))
    window, kernel = window_of(rng, k, seed % 3 == 0), rng.standard_normal((2, 3, *k))
    M, x = matrix(kernel, size, window), rng.standard_normal((4, 3, *size))
    y = convolved(kernel, x, window)
    np.testing.assert_allclose(y.reshape(4, -1), x.reshape(4, -1) @ M.T, atol=1e-12)
    np.testing.assert_allclose(transposed(kernel, y, window, size).reshape(4, -1), y.reshape(4, -1) @ M, atol=1e-12)


def test_flattened_maps():
    rng = np.random.default_rng(0)
    kernel, x = rng.standard_normal((2, 3, 4, 5)), rng.standard_normal((6, 3, 4, 5))
    y = convolved(kernel, x, None)
    np.testing.assert_allclose(y, np.einsum("oihw,bihw->bo", kernel, x))
    np.testing.assert_allclose(transposed(kernel, y, None, (4, 5)), np.einsum("oihw,bo->bihw", kernel, y))
