"""What biases and offsets add, against the error at the origin and for any activation pattern."""

import numpy as np
import pytest

from tests.bounds.convs import kernels, matrix, pixels
from theoryprune.bounds import certify_conv_layer, is_conv_certificate
from theoryprune.bounds.conv_constant import constant_part, of_ones
from theoryprune.bounds.conv_layer import as_conv_layer

V, W = kernels("gauss")
WINDOW = pixels(2, padding=1)


def layer(pool_gain=1.0, **given):
    return as_conv_layer(V, W, [0, 1], V[:, :2], 0.0, (5, 5), WINDOW, WINDOW, pool_gain=pool_gain, **given)


def test_the_bias_stands_at_every_position():
    ones = of_ones(layer(bias=np.arange(6.0)))
    assert ones.kernels(ones.flat.rows).shape == (6, 1, 1, 1)
    assert ones.geometry.size == (5, 5)
    given = {"size": (5, 5), "producer": WINDOW, "consumer": WINDOW, "bias": np.arange(6.0)}
    drop = {"multipliers": [1, 1, 0, 0, 0, 0], "assignment": [0, 1, 0, 0, 0, 0]}
    found = certify_conv_layer(V, W, [0, 1], V[:, :2], **given, **drop)
    A, b = matrix(V[:, 2:], (5, 5), WINDOW), np.repeat(np.arange(2.0, 6.0), 25)
    rng = np.random.default_rng(0)
    assert max(np.linalg.norm(A @ (rng.random(100) * b)) for _ in range(200)) <= found.constant
    assert np.linalg.norm(A @ b) <= found.constant <= np.linalg.norm(A, 2) * np.linalg.norm(b) * 1.1


def test_offsets_alone():
    assert constant_part(layer(kept_offset=[3.0, 4.0]), None) == pytest.approx(25)
    assert constant_part(layer(), None) == 0
    with pytest.raises(ValueError, match="pool"):
        constant_part(layer(pool_gain=2.0, kept_offset=[3.0, 4.0]), None)


def test_an_offset_for_each_position():
    change = np.random.default_rng(0).standard_normal((2, 5, 5))
    norm = np.linalg.norm(change)
    assert norm <= constant_part(layer(kept_offset=change), None) <= norm * (1 + 1e-12)
    assert norm <= constant_part(layer(pool_gain=2.0, offset=change, kept_offset=np.zeros(2)), None)
    given = {"size": (5, 5), "producer": WINDOW, "consumer": WINDOW, "offset": change, "kept_offset": 0 * change}
    found = certify_conv_layer(V, W, np.arange(6), V, **given, radius=2.0)
    assert found.best == 0
    assert norm * (1 - 1e-9) <= found.error_observed <= norm <= found.constant <= found.error <= norm * (1 + 1e-12)
    assert is_conv_certificate(found, V, W, np.arange(6), V, **given)
    assert not is_conv_certificate(found, V, W, np.arange(6), V, **{**given, "offset": change[:, ::-1]})


def test_a_bias_counts_at_every_position():
    # Two units of bias 1 alone, one dropped, read by points: the error is 1 at each of the 12 positions.
    V, W = np.ones((1, 2, 1, 1)), np.zeros((2, 1, 1, 1))
    given = {"size": (3, 4), "producer": pixels(2), "consumer": pixels(2), "bias": np.ones(2)}
    fold = {"assignment": [0, -1], "multipliers": [1.0, 0.0]}
    found = certify_conv_layer(V, W, [0], V[:, :1], **given, **fold)
    assert np.sqrt(12) <= found.constant <= np.sqrt(12) * (1 + 1e-8)
