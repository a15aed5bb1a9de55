"""Pivots: the greedy order, the error of each beginning, and where it stops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theoryprune.geometry import (
    arc_cosine_gram,
    best_fit,
    is_pivot_order,
    pivoted_cholesky,
    pivoted_cholesky_targets,
)


def problem(seed, n=14, rank=14):
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((rank, n))
    return features.T @ features, rng.standard_normal((3, n))


def remainder(gram, order):
    order = list(order)
    if not order:
        return gram
    return gram - gram[:, order] @ np.linalg.solve(gram[np.ix_(order, order)], gram[order])


@given(st.integers(0, 10**6), st.integers(1, 14), st.integers(1, 14))
def test_the_trace_that_is_left(seed, rank, count):
    gram, _ = problem(seed, rank=rank)
    result = pivoted_cholesky(gram, count)
    assert len(result.order) == min(rank, count)
    assert result.exhausted == (rank < count)
    assert is_pivot_order(gram, result.order)
    left = [np.trace(remainder(gram, result.order[:k])) for k in range(len(result.order) + 1)]
    assert result.errors == pytest.approx(left, abs=1e-9 * np.trace(gram))
    assert (np.diff(result.errors) <= 0).all()


@given(st.integers(0, 10**6), st.integers(2, 14), st.integers(1, 14))
def test_the_error_of_the_targets(seed, rank, count):
    gram, targets = problem(seed, rank=rank)
    result = pivoted_cholesky_targets(gram, targets, count)
    assert is_pivot_order(gram, result.order, targets)
    for k in range(1, len(result.order)):
        fit = best_fit(gram, targets, result.order[:k], ridge=0)
        assert result.errors[k] == pytest.approx(fit.rms**2, abs=1e-8 * result.errors[0])


def test_the_first_pivots_by_hand():
    gram = np.diag([1.0, 4.0, 2.0])
    assert pivoted_cholesky(gram, 3).order.tolist() == [1, 2, 0]
    assert pivoted_cholesky_targets(gram, [[5, 1, 3]], 3).order.tolist() == [0, 2, 1]  # 25, 18, 4
    assert pivoted_cholesky_targets(gram, [[5, 1, 3]], 3).errors.tolist() == pytest.approx([47, 22, 4, 0])


def test_ties_go_to_the_lowest_index():
    assert pivoted_cholesky(np.eye(5), 3).order.tolist() == [0, 1, 2]
    assert pivoted_cholesky_targets(np.eye(5), np.ones((1, 5)), 3).order.tolist() == [0, 1, 2]


def test_a_longer_order_begins_with_a_shorter_one():
    gram, targets = problem(3)
    assert pivoted_cholesky(gram, 9).order[:4].tolist() == pivoted_cholesky(gram, 4).order.tolist()
    both = (pivoted_cholesky_targets(gram, targets, k).order for k in (9, 4))
    assert next(both)[:4].tolist() == next(both).tolist()


def test_duplicates_are_taken_once():
    gram = np.tile(problem(0, n=3)[0], (2, 2))
    result = pivoted_cholesky(gram, 6)
    assert result.exhausted
    assert sorted(i % 3 for i in result.order.tolist()) == [0, 1, 2]
    assert pivoted_cholesky(np.zeros((2, 2)), 1).order.tolist() == []


@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_the_scale_does_not_matter(scale):
    gram, targets = problem(5)
    assert (pivoted_cholesky(gram * scale, 8).order == pivoted_cholesky(gram, 8).order).all()
    by_targets = [pivoted_cholesky_targets(gram * s, targets, 8).order for s in (1, scale)]
    assert (by_targets[0] == by_targets[1]).all()


def test_targets_beat_plain_pivots_on_random_rows():
    """Observed, not proved: the greedy choice for the targets has the lower error."""
    rng = np.random.default_rng(0)
    gram, targets = arc_cosine_gram(rng.standard_normal((64, 16))), rng.standard_normal((4, 64))
    plain = best_fit(gram, targets, pivoted_cholesky(gram, 24).order)
    greedy = best_fit(gram, targets, pivoted_cholesky_targets(gram, targets, 24).order)
    assert greedy.rms < plain.rms


@pytest.mark.parametrize(
    ("count", "error", "message"),
    [(value, ValueError, r"count must be in \[1, 14\]") for value in (0, 15)]
    + [(value, TypeError, "count must be an integer") for value in (2.0, True)],
)
def test_bad_counts(count, error, message):
    with pytest.raises(error, match=message):
        pivoted_cholesky(problem(0)[0], count)
    with pytest.raises(error, match=message):
        pivoted_cholesky_targets(*problem(0), count)


def test_bad_matrices():
    with pytest.raises(ValueError, match="symmetric"):
        pivoted_cholesky([[1, 1], [0, 1]], 1)
    with pytest.raises(ValueError, match="columns"):
        pivoted_cholesky_targets(np.eye(2), [[1]], 1)
