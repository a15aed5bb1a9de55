"""The best weights for the kept features: against least squares, and against every other choice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theoryprune.errors import ConvergenceError
from theoryprune.geometry import arc_cosine_gram, best_fit, is_best_fit


def problem(seed, n=12, p=3):
    rng = np.random.default_rng(seed)
    return arc_cosine_gram(rng.standard_normal((n, 5))), rng.standard_normal((p, n)), rng


def mean_square(gram, targets, kept, weights):
    change = targets.copy()
    change[:, kept] -= weights
    return np.trace(change @ gram @ change.T)


@given(st.integers(0, 10**6), st.integers(1, 11))
def test_no_other_weights_are_better(seed, size):
    gram, targets, rng = problem(seed)
    kept = rng.permutation(12)[:size]
    fit = best_fit(gram, targets, kept)
    assert fit.rms**2 == pytest.approx(mean_square(gram, targets, kept, fit.weights), rel=1e-9)
    assert fit.rms <= fit.target_rms
    assert is_best_fit(gram, targets, kept, fit.weights, fit.ridge)
    for scale in (1e-3, 1.0):
        other = fit.weights + scale * rng.standard_normal(fit.weights.shape)
        assert mean_square(gram, targets, kept, other) >= fit.rms**2 * (1 - 1e-6)


def test_against_least_squares_on_features():
    """With K = F^T F the fit is the regression of F V^T on the kept columns of F."""
    rng = np.random.default_rng(0)
    features, targets, kept = rng.standard_normal((50, 8)), rng.standard_normal((2, 8)), [5, 0, 2]
    fit = best_fit(features.T @ features, targets, kept, ridge=0)
    exact = np.linalg.lstsq(features[:, kept], features @ targets.T)[0].T
    assert fit.weights == pytest.approx(exact, rel=1e-10)
    assert fit.rms == pytest.approx(np.linalg.norm(features @ targets.T - features[:, kept] @ exact.T))
    assert fit.ridge == 0


def test_all_features_kept_in_another_order():
    gram, targets, rng = problem(0)
    order = rng.permutation(12)
    fit = best_fit(gram, targets, order, ridge=0)
    assert fit.weights == pytest.approx(targets[:, order], rel=1e-8)
    assert fit.rms < 1e-6 * fit.target_rms


def test_duplicates_raise_the_ridge():
    gram, targets, _ = problem(0, n=4)
    doubled = np.tile(gram, (2, 2))
    fit = best_fit(doubled, np.hstack([targets, targets]), np.arange(8), ridge=0)
    assert 0 < fit.ridge <= 1e-4 * np.diag(gram).mean()
    assert fit.rms < 1e-3 * fit.target_rms
    assert is_best_fit(doubled, np.hstack([targets, targets]), np.arange(8), fit.weights, fit.ridge)


def test_zero_features_are_of_no_use():
    fit = best_fit(np.diag([0.0, 1.0]), [[1, 2]], [0])
    assert (fit.weights.tolist(), fit.rms, fit.ridge) == ([[0]], 2, 0)


@pytest.mark.parametrize("scale", [1e-140, 1e140])
def test_the_scale_of_the_matrix_does_not_matter(scale):
    gram, targets, _ = problem(0)
    one, other = best_fit(gram, targets, [1, 2]), best_fit(gram * scale, targets, [1, 2])
    assert other.weights == pytest.approx(one.weights, rel=1e-9)
    assert other.rms == pytest.approx(one.rms * np.sqrt(scale), rel=1e-9)


def test_an_indefinite_matrix_is_refused():
    with pytest.raises(ConvergenceError, match="not positive semidefinite"):
        best_fit([[1, 2], [2, 1]], [[1, 1]], [0, 1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gram": [[1, 0]]}, "square"),
        ({"gram": [[1, 1], [0, 1]]}, "symmetric"),
        ({"gram": [[-1, 0], [0, 1]]}, "negative diagonal"),
        ({"targets": [[1]]}, "2 columns"),
        ({"indices": [0, 0]}, "none twice"),
        ({"indices": [2]}, "indices must lie in"),
        ({"indices": []}, "at least one"),
        ({"indices": [0.0]}, "vector of integers"),
        ({"ridge": -1}, "ridge must be"),
        ({"ridge": np.nan}, "ridge must be"),
    ],
)
def test_bad_arguments(change, message):
    with pytest.raises(ValueError, match=message):
        best_fit(**{"gram": np.eye(2), "targets": [[1, 1]], "indices": [0], **change})
