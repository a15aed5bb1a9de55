"""The four bounds together: their order, their scaling, their tight cases."""

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
