"""Fewer points with the same moment matrix: the matrix, the mass and the number of points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theoryprune.errors import ConvergenceError
from theoryprune.geometry import design_support, is_design_reduction, reduce_design
from theoryprune.geometry.design_support import symmetric_squares


def rotated(rng, n, d):
    turn = np.linalg.qr(rng.standard_normal((d, d)))[0]
    return (rng.standard_normal((n, d)) * 10.0 ** np.linspace(-8, 0, d)) @ turn


KINDS = {
    "gaussian": lambda rng, n, d: rng.standard_normal((n, d)),
    "rank 2": lambda rng, n, d: rng.standard_normal((n, 2)) @ rng.standard_normal((2, d)),
    "p and -p": lambda rng, n, d: np.vstack([p := rng.standard_normal((n, d)), -p, p]),
    "integers": lambda rng, n, d: rng.integers(-2, 3, (n, d)),
    "tiny": lambda rng, n, d: rng.standard_normal((n, d)) * 1e-150,
    "huge": lambda rng, n, d: rng.standard_normal((n, d)) * 1e150,
    "stretched": lambda rng, n, d: rng.standard_normal((n, d)) * 10.0 ** np.linspace(-8, 0, d),
    "stretched and rotated": rotated,
    "some rows zero": lambda rng, n, d: rng.standard_normal((n, d)) * (rng.random((n, 1)) < 0.7),
}


@pytest.mark.parametrize("kind", KINDS)
@given(st.integers(0, 10**6), st.integers(1, 120), st.integers(1, 7), st.sampled_from([1, 20]))
def test_laws(kind, seed, n, d, power):
    """By the checker's QR; the mass is in [r / g, 1] with the largest leverage g. Power 20: weights over 40 decades."""
    rng = np.random.default_rng(seed)
    points = KINDS[kind](rng, n, d)
    weights = rng.random(len(points)) ** power
    weights /= weights.sum()
    result = reduce_design(points, weights)
    assert result.converged
    assert result.reduced
    assert is_design_reduction(points, weights, result.weights, tol=1e-12)
    assert (result.weights > 0).sum() <= result.cap == result.rank * (result.rank + 1) // 2
    assert result.mass == result.weights.sum() <= 1 + 1e-12
    if kind == "gaussian" and power == 1 and n > d:
        moment = points.T @ (weights[:, None] * points)
        leverages = np.einsum("ij,ji->i", points, np.linalg.solve(moment, points.T))
        assert result.mass >= d / leverages.max() * (1 - 1e-9)
        after = points.T @ (result.weights[:, None] * points)
        assert np.abs(after - moment).max() <= 1e-12 * np.abs(moment).max()


def test_the_optimal_design_keeps_its_mass():
    """All leverages of the support are d: the mass cannot change."""
    angles = np.arange(12) * np.pi / 12
    points = np.column_stack([np.cos(angles), np.sin(angles)])
    result = reduce_design(points, np.full(12, 1 / 12))
    assert result.mass == pytest.approx(1, rel=1e-13)
    assert (result.weights > 0).sum() <= 3


def test_opposite_points_merge():
    points = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
    result = reduce_design(points, np.full(4, 0.25))
    assert sorted(result.weights.tolist()) == pytest.approx([0, 0, 0.5, 0.5])


def test_zero_points_have_an_empty_design():
    result = reduce_design(np.zeros((3, 2)), np.ones(3))
    assert (result.weights.tolist(), result.mass, result.rank, result.cap) == ([0, 0, 0], 0, 0, 0)


def test_one_dimension():
    result = reduce_design([[1], [2], [0]], [0.5, 0.25, 0.25])
    assert result.weights.tolist() == pytest.approx([0, 0.375, 0])  # where the leverage is larger, the mass is smaller


def test_above_the_largest_size_nothing_is_done(monkeypatch):
    monkeypatch.setattr(design_support, "_LARGEST", 5)
    points = np.random.default_rng(0).standard_normal((20, 3))
    result = reduce_design(points, np.full(20, 0.05))
    assert not result.reduced
    assert (result.weights == 0.05).all()
    assert result.cap == 6


def test_a_matrix_that_is_off_is_refused(monkeypatch):
    monkeypatch.setattr(design_support, "_FAILED", 0.0)
    monkeypatch.setattr(design_support, "_reduce", lambda white, weights, merge: weights * 1.1)
    with pytest.raises(ConvergenceError, match=r"off by 0\.1") as caught:
        reduce_design(np.eye(2), [0.5, 0.5])
    assert caught.value.gap == pytest.approx(0.1)
    assert not caught.value.result.converged


def test_symmetric_squares_keep_the_inner_product():
    a, b = np.random.default_rng(0).standard_normal((2, 4))
    rows = symmetric_squares(np.array([a, b]))
    assert rows.shape == (2, 10)
    assert rows[0] @ rows[1] == pytest.approx((a @ b) ** 2)


@pytest.mark.parametrize(("points", "weights"), [([[np.nan]], [1]), ([[1]], [0]), ([[1]], [-1]), ([[1]], [1, 2])])
def test_bad_arguments(points, weights):
    with pytest.raises(ValueError, match=r"points|weights"):
        reduce_design(points, weights)


def test_points_that_are_nothing_beside_the_others_lose_their_weight():
    """Their squares vanish in float64, or the whole point does in the span of those that count."""
    points = np.random.default_rng(0).standard_normal((60, 2)) * 10.0 ** np.linspace(-200, 50, 60)[:, None]
    result = reduce_design(points, np.ones(60))
    assert result.converged
    assert is_design_reduction(points, np.ones(60), result.weights)
    flat = np.array([[2.0, 1.0], [-1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, -2.0]])
    weights = np.array([1e60, 1e-60, 1e-55, 1e-58, 1e-60])
    result = reduce_design(flat, weights)
    assert result.converged
    assert result.weights[0] > 0
