"""The four bounds of a pair of convolutions: their order, their efforts, and where they do not apply."""

from itertools import product

import numpy as np
import pytest

from tests.bounds.convs import kernels, matrix, pixels
from tests.bounds.test_conv_pair import RING, SAME, pair_of
from theoryprune.bounds import Window
from theoryprune.bounds.conv_gains import conv_gain_bounds
from theoryprune.bounds.conv_layer import as_conv_layer
from theoryprune.bounds.conv_pair import conv_pair


@pytest.mark.parametrize("windows", [(SAME, SAME), (pixels(2, stride=2, padding=1), SAME), (RING, RING)])
def test_order(windows):
    pair = pair_of(*windows, slope=0.0)
    fast, default, high = (conv_gain_bounds(pair, effort) for effort in ("fast", "default", "high"))
    for found in (fast, default, high):
        assert found.best <= found.triangle
        assert found.centre <= found.product * (1 + 1e-6)
    assert default.schur <= default.product * (1 + 1e-6)
    assert high.schur <= default.schur * (1 + 1e-3)
    assert fast.schur == np.inf
    assert default.sector.shape == default.balance.shape


def test_where_bounds_do_not_apply():
    apart = conv_gain_bounds(pair_of(RING, SAME))
    assert apart.centre == apart.schur == np.inf
    assert apart.best < np.inf
    flat = conv_gain_bounds(pair_of(SAME, None, next_k=(6, 5)))
    assert flat.schur == np.inf
    assert flat.centre <= flat.product
    with pytest.raises(ValueError, match="effort"):
        conv_gain_bounds(pair_of(SAME, SAME), "most")


def test_steeper_slopes_give_lower_bounds_where_they_hold():
    gains = [conv_gain_bounds(pair_of(RING, RING, slope=slope)).schur for slope in (0.0, 0.5, 0.9, 1.0)]
    assert gains == sorted(gains, reverse=True)


def test_what_stands_between_multiplies():
    pair, gain = pair_of(SAME, SAME), conv_gain_bounds(pair_of(SAME, SAME, pool_gain=3.0))
    plain = conv_gain_bounds(pair)
    # What the consumer reads is of unknown size then, so its norms are those on the whole lattice.
    assert 3 * plain.triangle * (1 - 1e-9) <= gain.triangle <= 3.3 * plain.triangle
    assert 3 * plain.product * (1 - 1e-9) <= gain.product <= 3.3 * plain.product


@pytest.mark.parametrize("seed", range(40))
def test_above_every_diagonal(seed):
    # S with entries 0 and 1 attain the supremum over all S; small hidden maps, cut by the borders, are the hard case.
    rng = np.random.default_rng(seed)
    k, next_k = (int(n) for n in rng.integers(1, 6, 2))
    size, units = int(rng.integers(max(1, k - 1), k + 3)), int(rng.integers(1, 4))
    strides, pads = 1 + (rng.random(2) < 0.3), rng.integers(0, 3, (2, 2)).tolist()
    producer, consumer = (Window((int(s),), ((a, b),), (1,)) for s, (a, b) in zip(strides, pads, strict=True))
    try:
        hidden = producer.output((size,), (k,))
        output = consumer.output(hidden, (next_k,))
    except ValueError:
        return
    if units * hidden[0] > 10 or not output[0]:
        return
    V, W = kernels("gauss", units + 1, 2, 2, (k,), (next_k,), seed)
    W[0] = 0  # the only unit kept is silent, so the others are dropped whole
    layer = as_conv_layer(V, W, [0], V[:, :1], 0.0, (size,), producer, consumer)
    nobody = np.full(units + 1, -1), np.zeros(units + 1)
    found = conv_gain_bounds(conv_pair(layer, *nobody))
    A, B = matrix(V[:, 1:], hidden, consumer), matrix(W[1:], (size,), producer)
    worst = max(np.linalg.norm((A * S) @ B, 2) for S in product((0.0, 1.0), repeat=len(B)))
    for bound in (found.triangle, found.product, found.centre, found.schur):
        assert worst <= bound * (1 + 1e-13)
