"""The linear map of two convolutions, its taps and its norm."""

from fractions import Fraction

import numpy as np
import pytest

from tests.bounds.convs import matrix, pixels
from tests.bounds.test_conv_pair import RING, SAME, pair_of
from theoryprune.bounds.conv_centre import composed, conv_linear_norm
from theoryprune.bounds.conv_layer import as_conv_layer
from theoryprune.bounds.conv_pair import conv_pair
from theoryprune.bounds.symbols import half_torus, symbols, twiddles
from theoryprune.bounds.taps import Taps


def test_symbols_of_a_composition_are_products():
    rng = np.random.default_rng(0)
    first = Taps(rng.standard_normal((3, 2, 4)), np.array([[0, 0], [1, -1], [2, 0]]))
    second = Taps(rng.standard_normal((2, 4, 3)), np.array([[-1, 0], [1, 1]]))
    both, j, sizes = composed(first, second), half_torus((7, 6)), (7, 6)
    a, b, ab = (symbols(t.matrices, *twiddles(j, t.places, sizes)) for t in (first, second, both))
    np.testing.assert_allclose(ab, a @ b, atol=1e-13)
    assert len(np.unique(both.places, axis=0)) == len(both.places)


def test_circular_maps_are_exact():
    pair = pair_of(RING, RING)
    k = len(pair.flat.slopes)
    left = np.moveaxis(pair.left.matrices, 0, -1).reshape(2, k, 3, 3)
    right = np.moveaxis(pair.right.matrices, 0, -1).reshape(k, 2, 3, 3)
    true = np.linalg.norm(matrix(left, (6, 5), RING) @ matrix(right, (6, 5), RING), 2) / 2
    assert true * (1 - 1e-12) <= conv_linear_norm(pair, np.full(k, 0.5), "default") <= true * (1 + 1e-8)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [(6, 6), (5, 4), (2, 3)])
def test_flattened_maps_are_exact(stride, size):
    """Also where the stride does not divide the size, and a good part of the lattice lies outside the input."""
    window = pixels(2, stride=stride, padding=1)
    pair = pair_of(window, None, size=size, next_k=window.output(size, (3, 3)))
    k = len(pair.flat.slopes)
    right = matrix(pair.flat.right.reshape(k, 2, 3, 3), size, window)
    true = np.linalg.norm(pair.matrix.reshape(2, -1) @ right, 2)
    assert true * (1 - 1e-12) <= conv_linear_norm(pair, np.ones(k), "default") <= true * (1 + 1e-8)


def test_no_torus_no_norm():
    assert conv_linear_norm(pair_of(RING, SAME), np.ones(6), "fast") == np.inf


def test_the_sum_over_the_hidden_channels_is_rounded_up():
    # Points with one input and one output: the norm is |sum_j a_j b_j|, in rationals, where nearly all cancels.
    window = pixels(1)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        a, b = rng.standard_normal((2, 40))
        a, b = np.concatenate([a, a]), np.concatenate([b, -b * (1 + 1e-15 * rng.standard_normal(40))])
        layer = as_conv_layer(a[None, :, None], b[:, None, None], [0], a[None, :1, None] * 0, 1.0, (1,), window, window)
        pair = conv_pair(layer, np.full(80, -1), np.zeros(80))
        left, right = pair.left.matrices[0, 0], pair.right.matrices[0, :, 0]
        exact = abs(sum(Fraction(x) * Fraction(y) for x, y in zip(left, right, strict=True)))
        assert Fraction(conv_linear_norm(pair, np.ones(len(left)), "default")) >= exact
