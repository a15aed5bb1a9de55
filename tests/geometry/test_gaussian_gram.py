"""Gram matrices for any Gaussian input: samples, quadrature, limits, and agreement with the centred formula."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theoryprune.geometry import arc_cosine_gram, gaussian_gram, gaussian_means, is_gram, second_moment_gram


def problem(seed=0, n=7, d=3):
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((d, d))
    return rng.standard_normal((n, d)), rng.standard_normal(n), rng.standard_normal(d), root @ root.T


@pytest.mark.parametrize("slope", [0.0, 0.2, 1.0, -1.0])
def test_against_samples(slope):
    rows, bias, mean, covariance = problem()
    inputs = np.random.default_rng(1).multivariate_normal(mean, covariance, 400_000)
    features = inputs @ rows.T + bias
    features = np.where(features > 0, features, slope * features)
    gram = gaussian_gram(rows, bias, mean, covariance, slope)
    spread = np.sqrt((features**2).T @ features**2) / len(features)
    assert (np.abs(features.T @ features / len(features) - gram) < 6 * spread).all()
    means = gaussian_means(rows, bias, mean, covariance, slope)
    assert (np.abs(features.mean(axis=0) - means) < 6 * features.std(axis=0) / np.sqrt(len(features))).all()


@pytest.mark.parametrize("slope", [0.0, 0.3])
def test_one_input_against_quadrature(slope):
    """d = 1: every pair is perfectly correlated, one way or the other."""
    z = np.linspace(-12, 12, 400_001)
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    rows, bias = np.array([[1.0], [2.0], [-1.0], [-0.5], [0.0]]), np.array([0.3, -1.0, 0.0, 2.0, 1.5])
    features = z[:, None] @ rows.T + bias
    features = np.where(features > 0, features, slope * features)
    expected = (features * density[:, None]).T @ features
    assert gaussian_gram(rows, bias, slope=slope) == pytest.approx(expected, abs=1e-8)
    assert gaussian_means(rows, bias, slope=slope) == pytest.approx(density @ features, abs=1e-8)


@pytest.mark.parametrize("slope", [0.0, 0.1, 1.0])
def test_without_means_it_is_the_centred_formula(slope):
    rows, _, _, covariance = problem()
    root = np.linalg.cholesky(covariance)
    exact = arc_cosine_gram(rows @ root, slope)
    assert gaussian_gram(rows, covariance=covariance, slope=slope) == pytest.approx(exact, rel=1e-12)
    assert second_moment_gram(rows, covariance=covariance, slope=slope) == pytest.approx(exact, rel=1e-12)
    tiny = gaussian_gram(rows, np.full(7, 1e-200), covariance=covariance, slope=slope)
    assert tiny == pytest.approx(exact, rel=1e-12)


def test_a_slope_of_one_is_linear():
    rows, bias, mean, covariance = problem()
    means = rows @ mean + bias
    exact = rows @ covariance @ rows.T + np.outer(means, means)
    assert gaussian_gram(rows, bias, mean, covariance, 1.0) == pytest.approx(exact, rel=1e-12)
    assert second_moment_gram(rows, bias, mean, covariance, 1.0) == pytest.approx(exact, rel=1e-12)
    assert gaussian_means(rows, bias, mean, covariance, 1.0) == pytest.approx(means, rel=1e-12)


@given(
    st.integers(0, 10**6),
    st.integers(1, 25),
    st.integers(1, 5),
    st.sampled_from([0.0, 0.1, 1.0, -0.5]),
    st.floats(-3, 3),
)
def test_a_gram_matrix(seed, n, d, slope, decades):
    """Duplicates, opposite rows, rows of zeros and means of every size included."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(-1, 2, (n, d)).astype(float)
    bias = rng.integers(-1, 2, n) * 10.0**decades
    gram = gaussian_gram(rows, bias, slope=slope)
    assert (gram == gram.T).all()
    assert is_gram(gram)
    means = gaussian_means(rows, bias, slope=slope)
    assert np.linalg.eigvalsh(gram - np.outer(means, means))[0] >= -1e-12 * np.trace(gram)


def test_constant_features():
    """Without spread, or with one that float64 cannot see: the product of the means."""
    rows, bias = np.array([[0.0], [0.0], [1e-30], [1.0], [0.0]]), np.array([2.0, -3.0, 1e10, 0.5, 0.0])
    gram, means = gaussian_gram(rows, bias, slope=0.1), gaussian_means(rows, bias, slope=0.1)
    assert means[[0, 1, 2, 4]].tolist() == pytest.approx([2, -0.3, 1e10, 0])
    for i in (0, 1, 2, 4):
        assert gram[i] == pytest.approx(means[i] * means)


def test_second_moments_are_those_of_the_input_with_a_one():
    rows, bias, mean, covariance = problem()
    moments = np.block([[covariance + np.outer(mean, mean), mean[:, None]], [mean[None], np.ones((1, 1))]])
    exact = arc_cosine_gram(np.column_stack([rows, bias]) @ np.linalg.cholesky(moments))
    assert second_moment_gram(rows, bias, mean, covariance) == pytest.approx(exact, rel=1e-10)


def test_scaling_the_input_scales_the_matrix():
    rows, bias, mean, covariance = problem()
    for scale in (1e-100, 1e100):
        scaled = gaussian_gram(rows * scale, bias * scale, mean, covariance)
        assert scaled / scale == pytest.approx(gaussian_gram(rows, bias, mean, covariance) * scale, rel=1e-11)


def test_many_rows_go_through_in_blocks():
    rows, bias, _, _ = problem(n=300)
    gram = gaussian_gram(rows, bias)
    some = [0, 127, 128, 299]
    assert gram[np.ix_(some, some)] == pytest.approx(gaussian_gram(rows[some], bias[some]), rel=1e-13)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bias": [1]}, "bias must have shape"),
        ({"mean": [1]}, "mean must have shape"),
        ({"covariance": [1]}, "covariance must have shape"),
        ({"covariance": [[1]]}, "covariance must have shape"),
        ({"covariance": [[1, 2], [0, 1]]}, "covariance must be symmetric"),
        ({"covariance": [[1, 2], [2, 1]]}, "positive semidefinite"),
        ({"covariance": [1, -1]}, "not negative"),
        ({"slope": np.nan}, "slope must be finite"),
        ({"bias": [np.nan, 0]}, "bias must be finite"),
    ],
)
def test_bad_arguments(change, message):
    for function in (gaussian_gram, gaussian_means, second_moment_gram):
        with pytest.raises(ValueError, match=message):
            function(np.eye(2), **change)
