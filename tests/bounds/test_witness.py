"""The search finds known worst inputs, and its lower bound is below the exact error."""

from fractions import Fraction

import numpy as np
import pytest

from theoryprune.bounds.layer import as_layer
from theoryprune.bounds.witness import observed_error, observed_gain, scaled, search


def test_the_worst_input_of_orthonormal_rows_is_found():
    V = np.arange(1.0, 5)[None]
    layer = as_layer(V, np.eye(4), [0], V[:, :1])
    assert observed_gain(layer, search(layer, 0)) == pytest.approx(np.linalg.norm([2, 3, 4]), rel=1e-9)
    assert observed_gain(layer, np.zeros(4)) == 0


@pytest.mark.parametrize("scale", [1.0, 1e-150, 1e150])
def test_below_the_exact_error_in_rationals(scale):
    rng = np.random.default_rng(0)
    V, W = rng.standard_normal((1, 5)), scale * rng.standard_normal((5, 3))
    layer = as_layer(V, W, [0, 1], V[:, :2], bias=scale * rng.standard_normal(5))
    x = rng.standard_normal(3)
    lifted = [*map(Fraction, x.tolist()), Fraction(1)]
    active = [
        max(Fraction(0), sum(Fraction(float(w)) * t for w, t in zip(row, lifted, strict=True))) for row in layer.rows
    ]
    exact = abs(sum(Fraction(float(v)) * t for v, t in zip(V[0, 2:], active[2:], strict=True)))
    assert Fraction(observed_error(layer, x)) <= exact
    assert observed_error(layer, x) >= float(exact) * (1 - 1e-9)


def test_domains():
    V = np.ones((1, 2))
    layer = as_layer(V, [[-1.0, 0], [1.0, 1.0]], [1], [[1.0]], bias=[0.5, 0.0])
    assert (search(layer, 0, nonnegative=True) >= 0).all()
    assert np.linalg.norm(search(layer, 0, radius=2.0)) <= 2 * (1 + 1e-12)
    assert scaled(layer)[0].rows.max() <= 1


@pytest.mark.parametrize("size", [6.4e-162, 7e-162, 1e-161, 1.1e-161])
def test_below_the_exact_error_where_squares_are_the_smallest_numbers(size):
    # |err| = size exactly, and no other weight is read.
    layer = as_layer([[1.0, 1.0]], [[1.0, 0.0], [0.0, size]], [0], [[1.0]])
    point = np.array([0.0, 1.0])
    assert size * (1 - 1e-13) <= observed_error(layer, point) <= size
    assert size * (1 - 1e-13) <= observed_gain(layer, point) <= size


@pytest.mark.parametrize("size", [5e-324, 1e-323, 1e-310])
def test_gains_round_down_once(size):
    layer = as_layer([[1.0, 1.0]], [[1.0, 0.0], [0.0, size]], [0], [[1.0]])
    for x in np.linspace(0.5, 4, 50):
        assert observed_gain(layer, np.array([0.0, x])) <= size
        assert Fraction(observed_error(layer, np.array([0.0, x]))) <= Fraction(size) * Fraction(x)


@pytest.mark.parametrize(
    ("v", "w", "shift", "tau"), [(1e200, 1e-200, 1e-150, 1), (1e-200, 1e-200, 1, 1), (1, 1, 1, 1e-280)]
)
def test_offsets_beside_small_and_large_weights(v, w, shift, tau):
    layer = as_layer([[v]], [[w]], [0], [[v]], offset=[shift], kept_offset=[0.0], tau=tau)
    assert shift * (1 - 1e-12) <= observed_error(layer, np.zeros(1)) <= shift
    assert observed_gain(layer, search(layer, 0)) >= shift / layer.tau * (1 - 1e-9)


def test_extreme_balls_are_searched():
    rng = np.random.default_rng(0)
    V, W = rng.standard_normal((2, 6)), rng.standard_normal((6, 3))
    layer = as_layer(V, W, [0, 1], V[:, :2], bias=rng.standard_normal(6), tau=1e300)
    for radius in (1e-200, 1.0, 1e200, 1e300):
        found = search(layer, 0, radius=radius)
        assert np.isfinite(found).all()
        assert np.linalg.norm(found / radius) <= 1 + 1e-12
    assert observed_gain(layer, search(layer, 0)) > 0


def test_an_unused_zero_matrix_sets_no_scale():
    layer = as_layer([[1e-310]], [[1.0]], [0], [[0.0]])
    assert observed_gain(layer, np.ones(1)) >= 1e-310 * (1 - 1e-12)


def test_what_cancels_is_no_error():
    # Sums of 30 units that cancel: what float64 leaves of them is mostly rounding.
    rng = np.random.default_rng(0)
    for _ in range(40):
        W = rng.uniform(0.5, 1, (30, 1))
        V = np.append(rng.standard_normal(29), 0.0)[None]
        V[0, -1] = -float(V[0, :-1] @ W[:-1, 0]) / W[-1, 0]
        layer = as_layer(V, W, [0], [[0.0]])
        exact = abs(sum(Fraction(float(v)) * Fraction(float(w)) for v, w in zip(V[0], W[:, 0], strict=True)))
        assert Fraction(observed_error(layer, np.ones(1))) <= exact
