"""Folding: each unit to its nearest ray, duplicates without error, opposites never."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.coresets.layer_kinds import KINDS, errors, layer, tri
from theoryprune.coresets import fold, is_fold


@given(st.sampled_from(KINDS), st.sampled_from([1, 10]), st.integers(1, 23), st.integers(0, 10**6))
def test_every_fold_is_the_nearest(kind, p, m, seed):
    rows, columns = layer(kind, p=p, seed=seed)
    kept = np.random.default_rng(seed).permutation(len(rows))[:m]
    result = fold(rows, columns, kept)
    assert is_fold(result, rows, columns)
    assert np.array_equal(result.kept, np.sort(kept))


@given(st.sampled_from(KINDS), st.sampled_from([0.0, 0.2, 0.5, 1.0]), st.integers(1, 23), st.integers(0, 10**6))
def test_the_error_is_at_most_the_sum_of_residuals(kind, slope, m, seed):
    rows, columns = layer(kind, seed=seed)
    rng = np.random.default_rng(seed)
    result = fold(rows, columns, rng.permutation(len(rows))[:m])
    inputs = rng.standard_normal((50, rows.shape[1]))
    inputs = np.concatenate([inputs, rows, -rows, result.merging.residuals])
    allowed = tri(result, rows, columns) * np.linalg.norm(inputs, axis=1)
    size = np.linalg.norm(columns, axis=0) @ np.linalg.norm(rows, axis=1) * np.linalg.norm(inputs, axis=1)
    assert (errors(result, rows, columns, inputs, slope) <= allowed + 1e-14 * size).all()


def test_duplicates_and_powers_of_two_merge_without_any_error():
    rows = np.random.default_rng(0).standard_normal((5, 7))
    doubled = np.concatenate([rows, rows, 4 * rows])
    result = fold(doubled, np.ones((2, 15)), np.arange(5))
    assert not result.merging.residuals.any()
    assert result.outgoing == pytest.approx(np.full((2, 5), 6.0), rel=1e-15)


def test_positive_multiples_merge_up_to_rounding():
    rows = np.random.default_rng(0).standard_normal((5, 7))
    result = fold(np.concatenate([rows, np.pi * rows]), np.ones((1, 10)), np.arange(5))
    assert np.abs(result.merging.residuals).max() <= 4 * np.finfo(float).eps * np.pi * np.abs(rows).max()
    assert result.merging.multipliers[5:] == pytest.approx(np.pi, rel=1e-15)


def test_opposite_rows_never_merge():
    result = fold([[1.0, 0.0], [-1.0, 0.0]], [[1.0, 1.0]], [0])
    assert result.merging.assignment.tolist() == [0, -1]
    assert result.outgoing.tolist() == [[1.0]]
    assert result.merging.residuals.tolist() == [[-1.0, 0.0]]


def test_ties_go_to_the_lowest_index():
    result = fold([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [2.0, 0.0]], [[1.0] * 4], [3, 2, 1])
    assert result.merging.assignment.tolist() == [1, 1, 2, 3]


@pytest.mark.parametrize(("up", "down"), [(1e150, 1e-150), (1e-150, 1e150), (1e300, 1e-300)])
def test_any_magnitude(up, down):
    rows, columns = layer("clustered")
    one, other = fold(rows, columns, [0, 3, 7]), fold(rows * up, columns * down, [0, 3, 7])
    assert np.array_equal(one.merging.assignment, other.merging.assignment)
    assert other.outgoing == pytest.approx(one.outgoing * down, rel=1e-12)


def test_what_float64_cannot_hold_is_refused():
    with pytest.raises(ValueError, match="a multiplier is beyond float64"):
        fold([[1e-200], [1e200]], [[1.0, 1.0]], [0])
    with pytest.raises(ValueError, match="a new outgoing weight is beyond float64"):
        fold([[1e-100], [1e100]], [[1.0, 1e200]], [0])


def test_inputs_stay_as_they_are():
    rows, columns = layer("duplicates")
    copies = rows.copy(), columns.copy()
    result = fold(rows, columns, [0, 1])
    result.outgoing[:] = 0
    result.merging.residuals[:] = 0
    assert np.array_equal(rows, copies[0])
    assert np.array_equal(columns, copies[1])


def test_blocks_do_not_matter(monkeypatch):
    rows, columns = layer("clustered", n=100)
    whole = fold(rows, columns, np.arange(0, 100, 3))
    monkeypatch.setattr(sys.modules["theoryprune.coresets.fold"], "_NUMBERS", 100)
    assert np.array_equal(fold(rows, columns, np.arange(0, 100, 3)).merging.assignment, whole.merging.assignment)


def test_copies_only():
    """With factors 0 and 1 a multiple is not served, a copy is, and what is nearer to 0 is dropped."""
    rows = np.array([[1.0, 0.0], [1.1, 0.0], [3.0, 0.0], [0.0, 0.3], [1.0, 0.0]])
    columns = np.arange(1.0, 11.0).reshape(2, 5)
    result = fold(rows, columns, [0], copies=True)
    assert result.merging.assignment.tolist() == [0, 0, 0, -1, 0]
    assert result.merging.multipliers.tolist() == [1, 1, 1, 0, 1]
    assert np.array_equal(result.outgoing[:, 0], columns[:, [0, 1, 2, 4]].sum(axis=1))
    assert np.allclose(result.merging.residuals, [[0.1, 0], [2, 0], [0, 0.3], [0, 0]])
