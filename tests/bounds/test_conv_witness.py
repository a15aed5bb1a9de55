"""The search climbs, stays in its domain and repeats itself."""

import numpy as np
import pytest

from tests.bounds.convs import kernels, pixels
from theoryprune.bounds.conv_layer import as_conv_layer
from theoryprune.bounds.conv_witness import conv_search, proved_gain_at, with_nothing_kept, without_biases

V, W = kernels("gauss")
WINDOW = pixels(2, padding=1)
LAYER = as_conv_layer(V, W, [0, 1], V[:, :2], 0.0, (5, 5), WINDOW, WINDOW, bias=np.ones(6), kept_offset=[1.0, 2.0])


def test_it_finds_more_than_chance_and_repeats_itself():
    found = conv_search(LAYER, 0)
    rng = np.random.default_rng(1)
    chance = max(proved_gain_at(LAYER, rng.standard_normal((2, 5, 5))) for _ in range(50))
    assert proved_gain_at(LAYER, found) > 1.3 * chance
    assert (conv_search(LAYER, 0) == found).all()


def test_domains():
    assert (conv_search(LAYER, 0, nonnegative=True) >= 0).all()
    assert np.linalg.norm(conv_search(LAYER, 0, radius=0.3)) == pytest.approx(0.3)


def test_linear_layers_attain_their_norm():
    whole = as_conv_layer(V, W, [0], 0 * V[:, :1], 1.0, (4, 4), pixels(2), pixels(2, padding=1))
    found = proved_gain_at(whole, conv_search(whole, 0))
    from tests.bounds.convs import matrix

    true = np.linalg.norm(matrix(V, (2, 2), WINDOW) @ matrix(W, (4, 4), pixels(2)), 2)
    assert true * 0.9999 <= found <= true


def test_gains_do_not_depend_on_the_length_and_leave_biases_out():
    x = np.random.default_rng(0).standard_normal((2, 5, 5))
    assert proved_gain_at(LAYER, 1e200 * x) == pytest.approx(proved_gain_at(LAYER, x), rel=1e-9)
    assert proved_gain_at(LAYER, 0 * x) == 0
    assert not without_biases(LAYER).biased
    assert not with_nothing_kept(LAYER).flat.new_outgoing.any()
