"""Arc-cosine Gram matrices: closed forms, samples, and what rounding leaves of near-duplicates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theoryprune.geometry import arc_cosine_gram, arc_cosine_means, is_gram


def leaky(t, slope):
    return np.where(t > 0, t, slope * t)


@pytest.mark.parametrize("slope", [0.0, 0.1, 0.5, 1.0, 2.0, -1.0])
def test_against_samples(slope):
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((6, 3))
    features = leaky(rng.standard_normal((400_000, 3)) @ rows.T, slope)
    gram, means = arc_cosine_gram(rows, slope), arc_cosine_means(rows, slope)
    spread = np.sqrt((features**2).T @ features**2 / len(features) / len(features))
    assert (np.abs(features.T @ features / len(features) - gram) < 6 * spread).all()
    assert np.abs(features.mean(axis=0) - means).max() < 6 * features.std() / np.sqrt(len(features))


@pytest.mark.parametrize("slope", [0.0, 0.3, -0.7])
def test_against_quadrature_over_the_angle(slope):
    """In the plane x = r (cos s, sin s): E[r^2] = 2 times the mean over s."""
    angles = np.array([0, 0.1, 1, np.pi / 2, 2, 3, np.pi])
    rows = np.column_stack([np.cos(angles), np.sin(angles)]) * np.arange(1, 8)[:, None]
    s = (np.arange(200_000) + 0.5) / 200_000 * 2 * np.pi
    features = leaky(np.column_stack([np.cos(s), np.sin(s)]) @ rows.T, slope)
    assert arc_cosine_gram(rows, slope) == pytest.approx(2 * features.T @ features / len(s), abs=1e-7)


@given(
    st.integers(0, 10**6), st.integers(1, 30), st.integers(1, 8), st.floats(-2, 2), st.sampled_from([1e-70, 1, 1e70])
)
def test_a_gram_matrix(seed, n, d, slope, scale):
    rng = np.random.default_rng(seed)
    rows = rng.integers(-1, 2, (n, d)) * scale if seed % 2 else rng.standard_normal((n, d)) * scale
    gram = arc_cosine_gram(rows, slope)
    assert is_gram(gram)
    assert (gram == gram.T).all()
    means = arc_cosine_means(rows, slope)
    assert is_gram(gram - np.outer(means, means))  # a covariance


def test_a_slope_of_one_is_linear():
    rows = np.random.default_rng(0).standard_normal((7, 4))
    assert arc_cosine_gram(rows, 1) == pytest.approx(rows @ rows.T, abs=1e-14)
    assert (arc_cosine_means(rows, 1) == 0).all()


def test_known_entries():
    """Parallel, orthogonal and opposite rows."""
    gram = arc_cosine_gram([[2, 0], [1, 0], [0, 1], [-3, 0], [0, 0]])
    expected = [[2, 1, 1 / np.pi, 0, 0], [1, 0.5, 0.5 / np.pi, 0, 0]]
    assert gram[:2] == pytest.approx(np.array(expected), abs=1e-15)
    assert (gram[4] == 0).all()
    assert arc_cosine_means([[0, 3]]) == pytest.approx(3 / np.sqrt(2 * np.pi))


@pytest.mark.parametrize("angle", [1e-15, 1e-12, 1e-9, 1e-8, 1e-4])
def test_near_duplicates_keep_the_order_of_the_diagonal(angle):
    """The entry between them is no larger than the diagonal, and falls short of it by what it should."""
    a, b = np.array([1.0, 0.0]), np.array([np.cos(angle), np.sin(angle)])
    gram = arc_cosine_gram(np.array([a, b]))
    assert gram[0, 1] <= max(gram[0, 0], gram[1, 1]) * (1 + 2.0**-52)
    assert gram[0, 0] + gram[1, 1] - 2 * gram[0, 1] == pytest.approx(angle**2 / 2, rel=1e-3, abs=1e-15)


def test_rows_of_every_magnitude():
    gram = arc_cosine_gram(np.diag([1e-150, 1.0, 1e150]))
    assert np.diag(gram).tolist() == pytest.approx([0.5e-300, 0.5, 0.5e300], rel=1e-14)
    assert gram[0, 2] == pytest.approx(1 / (2 * np.pi))


@pytest.mark.parametrize(
    ("rows", "slope", "message"),
    [
        ([[np.nan]], 0, "rows must be finite"),
        ([1], 0, "rows must be a matrix"),
        ([[1]], np.inf, "slope must be finite"),
    ],
)
def test_bad_arguments(rows, slope, message):
    with pytest.raises(ValueError, match=message):
        arc_cosine_gram(rows, slope)
    with pytest.raises(ValueError, match=message):
        arc_cosine_means(rows, slope)


def test_what_exceeds_float64_is_refused():
    with pytest.raises(ValueError, match="beyond float64"):
        arc_cosine_gram([[1e200]])
