"""The torus of two convolutions, and the slopes that hold on it."""

import numpy as np
import pytest

from tests.bounds.convs import explicit, kernels, matrix, pixels
from theoryprune.bounds.conv_layer import as_conv_layer
from theoryprune.bounds.conv_pair import conv_pair
from theoryprune.bounds.fold import nearest_rays

RING, SAME, POINT = pixels(2, padding=1, mode="circular"), pixels(2, padding=1), pixels(2)


def pair_of(producer, consumer, size=(6, 5), k=(3, 3), next_k=(3, 3), slope=0.3, **more):
    V, W = kernels("gauss", k=k, next_k=next_k)
    kept = np.arange(3)
    layer = as_conv_layer(V, W, kept, V[:, kept], slope, size, producer, consumer, **more)
    return conv_pair(layer, *nearest_rays(layer.flat.rows, kept, layer.flat.slopes))


def test_the_common_torus():
    assert pair_of(SAME, SAME).torus == (7, 6)
    assert pair_of(pixels(2, stride=2, padding=1), SAME).torus == (4, 4)
    assert pair_of(RING, RING).torus == (6, 5)
    assert pair_of(RING, SAME).torus is None
    assert pair_of(SAME, RING).torus is None
    assert pair_of(POINT, RING, k=(1, 1)).torus == (6, 5)
    assert pair_of(SAME, SAME, pool_gain=2.0).torus is None


def test_slopes_hold_where_the_torus_is_the_map():
    assert (pair_of(SAME, SAME).slopes == 0).all()
    assert (pair_of(RING, RING).slopes == 0.3).all()
    assert (pair_of(POINT, POINT, k=(1, 1), next_k=(1, 1)).slopes == 0.3).all()
    assert (pair_of(SAME, None, next_k=(6, 5)).slopes == 0.3).all()


@pytest.mark.parametrize("stride", [1, 2])
def test_the_error_is_a_s_b(stride):
    V, W = kernels("gauss")
    kept, given = np.arange(3), {"size": (5, 5), "producer": pixels(2, stride=stride, padding=1), "consumer": SAME}
    layer = as_conv_layer(V, W, kept, V[:, kept], 0.0, **given)
    pair = conv_pair(layer, *nearest_rays(layer.flat.rows, kept, layer.flat.slopes))
    dense, x = explicit((V, W, kept, V[:, kept], 0.0), given), np.random.default_rng(0).standard_normal(50)
    relu = lambda t: np.maximum(t, 0)  # noqa: E731
    error = dense.outgoing @ relu(dense.rows @ x) - dense.new_outgoing @ relu(dense.new_rows @ x)
    hidden = given["producer"].output((5, 5), (3, 3))
    flat = pair.flat
    A = matrix(np.ldexp(layer.next_kernels(flat.left), 0), hidden, SAME)
    B = matrix(layer.kernels(flat.right), (5, 5), given["producer"])
    # Before the diagonal S, the pair is the linear part: sigma from the two activations of each column.
    target, factors = nearest_rays(layer.flat.rows, kept, layer.flat.slopes)
    columns = [W[j] - factors[j] * W[target[j]] if factors[j] else W[j] for j in range(3, 6)] + [W[j] for j in kept]
    pre = [W[j] for j in range(3, 6)] + [W[j] for j in kept]
    post = [factors[j] * W[max(target[j], 0)] for j in range(3, 6)] + [0 * W[j] for j in kept]
    chosen = flat.columns
    s, t = (matrix(np.array([part[j] for j in chosen]), (5, 5), given["producer"]) @ x for part in (pre, post))
    gap = np.where(s != t, s - t, 1.0)
    S = (relu(s) - relu(t)) / gap
    assert S.min() >= -1e-12
    assert S.max() <= 1 + 1e-12
    assert len(columns) == 6
    np.testing.assert_allclose(2.0**flat.exponent * (A @ (S * (B @ x))), error, atol=1e-9)
