"""Kernels come back from their flattened form, and the digest sees every change."""

import numpy as np
import pytest

from tests.bounds.convs import kernels, pixels
from theoryprune.bounds.conv_layer import as_conv_layer

V, W = kernels("gauss", n=5, ci=2, p=3, k=(3, 2), next_k=(1, 3))
BASE = {"size": (6, 6), "producer": pixels(2), "consumer": pixels(2)}


def test_kernels_come_back():
    given = {"bias": np.arange(5.0), "offset": [1, 2, 3], "kept_offset": [0, 0, 0]}
    layer = as_conv_layer(V, W, [1, 3], V[:, [1, 3]], 0.1, **BASE, **given)
    assert (layer.next_kernels(layer.flat.outgoing) == V).all()
    assert (layer.kernels(layer.flat.rows[:, :-1]) == W).all()
    assert (layer.flat.rows[:, -1] == np.arange(5)).all()
    assert layer.biased
    assert layer.shift.tolist() == [1, 2, 3]
    assert layer.next_kernels(np.zeros((9, 0))).shape == (3, 0, 1, 3)
    assert layer.kernels(np.zeros((0, 12))).shape == (0, 2, 3, 2)


def test_offsets_are_one_for_each_output_or_for_each_position():
    window = pixels(2, padding=1)
    given = {"size": (6, 6), "producer": window, "consumer": window}
    layer = as_conv_layer(V, W, [0], V[:, :1], 0.0, **given, offset=[1, 2, 3], kept_offset=np.ones((3, 8, 7)))
    assert layer.geometry.output == (8, 7)
    assert layer.shift.shape == layer.shift_map.shape == (3, 8, 7)
    assert (layer.shift == np.arange(3.0)[:, None, None]).all()
    same = as_conv_layer(V, W, [0], V[:, :1], 0.0, **given, offset=[1, 2, 3], kept_offset=[1, 1, 1])
    assert same.shift_map.shape == (3, 1, 1)
    with pytest.raises(ValueError, match="kept_offset"):
        as_conv_layer(V, W, [0], V[:, :1], 0.0, **given, kept_offset=np.ones((3, 7, 8)))


def test_every_change_changes_the_digest():
    def digest(V=V, W=W, kept=(1, 3), slope=0.1, **changes):
        return as_conv_layer(V, W, list(kept), V[:, list(kept)], slope, **{**BASE, **changes}).digest()

    found = [
        digest(),
        digest(V=2 * V),
        digest(W=2 * W),
        digest(kept=(1, 2)),
        digest(slope=0.2),
        digest(size=(6, 7)),
        digest(producer=pixels(2, padding=1)),
        digest(consumer=pixels(2, stride=2)),
        digest(pool_gain=2.0),
        digest(bias=np.zeros(5)),
        digest(kept_offset=np.ones(3)),
    ]
    assert len(set(found)) == len(found)
    assert digest() == found[0]


def test_shapes_that_do_not_fit_are_refused():
    for bad in (
        (V, W[..., 0], [0], V[:, :1]),
        (V, W, [0], V[:, :2]),
        (V[:, :4], W, [0], V[:, :1]),
        (V, W, [0], V[:, :1, :, :2]),
    ):
        with pytest.raises(ValueError, match=r"shape|row"):
            as_conv_layer(*bad, 0.0, **BASE)
    with pytest.raises(ValueError, match="kept_rows"):
        as_conv_layer(V, W, [0], V[:, :1], 0.0, **BASE, kept_rows=W)
    with pytest.raises(ValueError, match="overflows"):
        as_conv_layer(V, W, [0], V[:, :1], 0.0, **BASE, offset=[1e308] * 3, kept_offset=[-1e308] * 3)


def test_a_layer_keeps_at_least_one_unit():
    with pytest.raises(ValueError, match="at least one"):
        as_conv_layer(V, W, [], V[:, :0], 0.0, **BASE)
    with pytest.raises(TypeError, match="kept"):
        as_conv_layer(V, W, 0, V[:, :1], 0.0, **BASE)
