"""The identity for conic combinations, and its bound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theoryprune.coresets import conic_gap, conic_gap_bound


def relu(values):
    return np.maximum(values, 0)


def cone(seed, spread):
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal(5) + spread * rng.standard_normal((4, 5))
    return rows, rng.uniform(0, 2, 4) * (rng.random(4) < 0.8), rng


@given(st.integers(0, 10**6), st.sampled_from([0.01, 0.3, 1.0, 10.0]))
def test_the_identity(seed, spread):
    rows, shares, rng = cone(seed, spread)
    inputs = rng.standard_normal((100, 5))
    products = inputs @ rows.T
    direct = relu(products) @ shares - relu(products @ shares)
    size = np.abs(products) @ shares
    gap = conic_gap(rows, shares, inputs)
    assert (np.abs(gap - direct) <= 1e-12 * size).all()
    assert (gap >= 0).all()


@given(st.integers(0, 10**6), st.sampled_from([0.01, 0.3, 1.0, 10.0]))
def test_the_bound_is_never_exceeded(seed, spread):
    """Searched at random, at the rows, and across the combination, where the gap is largest."""
    rows, shares, rng = cone(seed, spread)
    combined = shares @ rows
    inputs = np.concatenate([rng.standard_normal((200, 5)), rows, -rows])
    across = inputs - np.outer(inputs @ combined, combined) / max(combined @ combined, 1e-300)
    inputs = np.concatenate([inputs, across])
    allowed = conic_gap_bound(rows, shares) * np.linalg.norm(inputs, axis=1)
    assert (conic_gap(rows, shares, inputs) <= allowed * (1 + 1e-12) + 1e-14).all()


def test_the_bound_is_attained():
    """Two rows at the same angle on either side of their sum."""
    rows = np.array([[1.0, 0.2], [1.0, -0.2]])
    assert conic_gap_bound(rows, [1, 1]) == pytest.approx(0.2)
    assert conic_gap(rows, [1, 1], [[0.0, 1.0]]) == pytest.approx([0.2])


def test_leaky_rectifiers_have_a_share_of_it():
    rows, shares, rng = cone(1, 1.0)
    products = rng.standard_normal((50, 5))
    hidden = products @ rows.T
    leaky = np.maximum(hidden, 0.3 * hidden) @ shares - np.maximum(hidden @ shares, 0.3 * (hidden @ shares))
    assert leaky == pytest.approx(0.7 * conic_gap(rows, shares, products), abs=1e-13)


def test_one_neighbour_has_no_gap():
    assert conic_gap([[1.0, 2.0]], [3.0], [[1.0, 1.0], [-1.0, 0.0]]).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"multipliers": [1, -1]}, "multipliers must not be negative, got -1 at 1"),
        ({"multipliers": [1]}, "multipliers must be 2"),
        ({"inputs": [[1.0]]}, "inputs must have 2 columns"),
        ({"rows": [[np.nan, 0], [0, 1]]}, "rows must be finite"),
    ],
)
def test_bad_arguments(change, message):
    with pytest.raises(ValueError, match=message):
        conic_gap(**{"rows": np.eye(2), "multipliers": [1, 1], "inputs": [[1.0, 1.0]], **change})
