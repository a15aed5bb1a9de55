"""Sums over groups, and the recursion on them."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theoryprune.geometry.groups import group_sums, reduce_by_groups, unit_rows


@given(st.integers(1, 6000), st.integers(1, 3), st.integers(0, 99))
def test_group_sums(n, d, seed):
    rng = np.random.default_rng(seed)
    points, weights = rng.standard_normal((n, d)), rng.random(n)
    size = int(rng.integers(1, 1024)) if seed % 2 else 2 * int(rng.integers(513, 1024))
    sums, masses = group_sums(points, weights, size)
    starts = np.arange(0, n, size)
    assert sums == pytest.approx(np.add.reduceat(weights[:, None] * points, starts), abs=1e-11)
    assert masses == pytest.approx(np.add.reduceat(weights, starts), rel=1e-12)


@given(st.integers(1, 400), st.integers(1, 5), st.integers(2, 9), st.integers(0, 99))
def test_the_recursion(n, d, mult, seed):
    rng = np.random.default_rng(seed)
    points, weights = rng.standard_normal((n, d)), rng.random(n) * (rng.random(n) < 0.5)
    weights[0] += 1
    indices, found, target = reduce_by_groups(points, weights, mult)
    assert len(indices) <= d + 1
    assert (np.diff(indices) > 0).all()
    assert (found > 0).all()
    assert (weights[indices] > 0).all()
    assert target == pytest.approx(weights @ points, abs=1e-12 * n)
    assert found @ points[indices] == pytest.approx(target, abs=1e-12 * n)
    assert found.sum() == pytest.approx(weights.sum(), rel=1e-13)


def test_a_part_of_the_points_is_copied():
    points, weights = np.random.default_rng(0).standard_normal((200_000, 4)), np.full(200_000, 1 / 200_000)
    tracemalloc.start()
    reduce_by_groups(points, weights, 8)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.6 * points.nbytes  # the indices are a quarter of it


@pytest.mark.parametrize("n", [5, 5000])
def test_a_point_that_is_not_finite_is_named(n):
    points = np.ones((n, 2))
    points[3, 1] = np.nan
    with pytest.raises(ValueError, match=r"1 entries are NaN or infinite, the first at \(3, 1\)"):
        reduce_by_groups(points, np.full(n, 1 / n), 2)


def test_unit_rows():
    """Each column of the products sums to 1 in absolute value; a row that no sum shows is dropped."""
    products, masses = np.array([[3.0, 0], [-1, 0], [1e-300, 0]]), np.array([1.0, 3.0, 1e-300])
    rows, lengths = unit_rows(products, masses)
    assert lengths == pytest.approx([np.hypot(0.75, 0.25), np.hypot(0.25, 0.75), 0], abs=1e-15)
    assert lengths[:, None] * rows == pytest.approx(np.array([[0.75, 0, 0.25], [-0.25, 0, 0.75], [0, 0, 0]]))
