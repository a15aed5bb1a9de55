"""Norms of channels and of both maps against matrices."""

import numpy as np
import pytest

from tests.bounds.convs import matrix, pixels
from tests.bounds.test_conv_pair import SAME, pair_of
from theoryprune.bounds.conv_tri_prod import (
    channel_norms,
    conv_product,
    conv_triangle,
    left_norm,
    left_norms,
    right_norm,
    right_norms,
)
from theoryprune.bounds.frequency_grid import placed


@pytest.mark.parametrize("window", [SAME, pixels(2, stride=2, padding=1), pixels(2, padding=1, mode="circular")])
def test_channels_are_above_their_matrices(window):
    kernel = np.random.default_rng(0).standard_normal((4, 2, 3, 3))
    taps, torus = placed(kernel, (5, 6), window)
    true = np.array([np.linalg.norm(matrix(kernel[j : j + 1], (5, 6), window), 2) for j in range(4)])
    for effort in ("fast", "default"):
        found = channel_norms(taps, torus, effort)
        assert (true <= found * (1 + 1e-13)).all()
        assert (found <= 1.5 * true).all()


def test_both_maps_and_their_triangle():
    pair = pair_of(SAME, SAME)
    k = len(pair.flat.slopes)
    ones = np.ones(k)
    lefts, rights = left_norms(pair, "default"), right_norms(pair, "default")
    assert lefts.max() <= left_norm(pair, ones, "default") <= np.linalg.norm(lefts) * (1 + 1e-9)
    assert rights.max() <= right_norm(pair, ones, "default") <= np.linalg.norm(rights) * (1 + 1e-9)
    first, second = conv_product(pair, ones, "default")
    assert conv_triangle(lefts, rights, 2.0) == pytest.approx(2 * float(lefts @ rights))
    assert first * second == pytest.approx(left_norm(pair, ones, "default") * right_norm(pair, ones, "default"))


def test_one_sign_alone():
    pair = pair_of(SAME, SAME)
    assert (right_norms(pair, "default", True) <= right_norms(pair, "default")).all()


def test_flattened_maps_have_norms_of_blocks():
    pair = pair_of(SAME, None, next_k=(6, 5))
    true = [np.linalg.norm(pair.matrix[:, j], 2) for j in range(pair.matrix.shape[1])]
    np.testing.assert_allclose(left_norms(pair, "fast"), true, rtol=1e-8)
    whole = np.linalg.norm(pair.matrix.reshape(len(pair.matrix), -1), 2)
    assert whole <= left_norm(pair, np.ones(len(true)), "fast") <= whole * (1 + 1e-8)
