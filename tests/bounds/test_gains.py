"""The four bounds together: their order, their scaling, their tight cases."""

from fractions import Fraction

import numpy as np
import pytest

from tests.bounds.layers import KINDS, fold, weights
from theoryprune.bounds.fold import nearest_rays
from theoryprune.bounds.gains import gain_bounds
from theoryprune.bounds.layer import as_layer
from theoryprune.bounds.pair import layer_pair


def bounds_of(V, W, kept, U, slope=0.0, effort="default"):
    layer = as_layer(V, W, kept, U, slope)
    return gain_bounds(layer_pair(layer, *nearest_rays(layer.rows, layer.kept, layer.slopes)), effort)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("p", [1, 10])
def test_the_order_at_slope_0(kind, p):
    V, W = weights(kind, p=p)
    kept = np.arange(6)
    bounds = bounds_of(V, W, kept, fold(V, W, kept))
    assert bounds.best <= bounds.triangle
    assert bounds.centre <= bounds.product * (1 + 1e-6)
    assert bounds.schur <= bounds.product * (1 + 1e-6)


def test_scaling_laws():
    V, W = weights("gauss")
    kept = np.arange(6)
    U = fold(V, W, kept)
    first, second = bounds_of(V, W, kept, U), bounds_of(-3 * V, 1e-40 * W, kept, -3 * U)
    rotation = np.linalg.qr(np.random.default_rng(0).standard_normal((5, 5)))[0]
    turned = bounds_of(V, W @ rotation, kept, U)
    for name in ("triangle", "product", "centre", "schur"):
        assert getattr(second, name) == pytest.approx(3e-40 * getattr(first, name), rel=1e-3)
        assert getattr(turned, name) == pytest.approx(getattr(first, name), rel=1e-3)


def test_linear_layers_are_exact():
    V, W = weights("gauss")
    kept = np.arange(6)
    U = fold(V, W, kept)
    exact = np.linalg.norm(V @ W - U @ W[kept], 2)
    bounds = bounds_of(V, W, kept, U, slope=1.0)
    assert exact <= bounds.schur <= exact * (1 + 1e-8)
    assert bounds.best == min(bounds.schur, bounds.centre)


def test_orthonormal_rows_dropped_are_tight():
    W, V = np.eye(6), np.arange(1.0, 7)[None]
    bounds = bounds_of(V, W, [0, 1], V[:, :2])
    exact = np.linalg.norm(V[0, 2:])
    assert exact <= bounds.schur <= exact * (1 + 1e-3)
    assert exact <= bounds.product <= exact * (1 + 1e-8)


def test_effort():
    V, W = weights("gauss")
    assert bounds_of(V, W, [0], V[:, :1], effort="fast").schur == np.inf
    with pytest.raises(ValueError, match="effort"):
        bounds_of(V, W, [0], V[:, :1], effort="much")


def test_the_rounding_of_merged_rows_is_counted():
    # Multiples up to rounding: the residual in float64 is 0 or wrong, the exact one is not 0.
    for seed in range(20):
        W = np.random.default_rng(seed).standard_normal((1, 1))
        W, a = np.vstack([W, W * 0.3]), 0.3
        layer = as_layer([[1.0, 1.0]], W, [0], [[1.0 + a]])
        pair = layer_pair(layer, np.zeros(2, int), np.array([1.0, a]))
        w, u = Fraction(float(W[0, 0])), Fraction(1.0 + a)
        active = max(w, Fraction(0)) + max(Fraction(float(W[1, 0])), Fraction(0)) - u * max(w, Fraction(0))
        passive = max(-w, Fraction(0)) + max(-Fraction(float(W[1, 0])), Fraction(0)) - u * max(-w, Fraction(0))
        assert max(abs(active), abs(passive)) <= Fraction(gain_bounds(pair).best)


def test_one_slope_of_1_makes_no_layer_linear():
    # x + 3 relu(-x), all of it dropped: the error is 2 at x = -1, where the slopes as they are written give 1.
    layer = as_layer([[1.0, 3.0, 0.0]], [[1.0], [-1.0], [0.0]], [2], [[0.0]], [1.0, 0.0, 0.0])
    for effort in ("fast", "default"):
        bounds = gain_bounds(layer_pair(layer, np.array([-1, -1, 2]), np.array([0.0, 0.0, 1.0])), effort)
        assert min(bounds.schur, bounds.centre, bounds.product, bounds.triangle) >= 2
