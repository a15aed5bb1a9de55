"""The Carathéodory benchmark: its peer is right, and its rows hold what the table prints."""

import numpy as np
import pytest

from benchmarks.geometry.caratheodory import caratheodory_rows, error
from benchmarks.geometry.published_caratheodory import one_by_one, published_caratheodory
from theoryprune.geometry import is_convex_reduction


@pytest.mark.parametrize(("n", "d"), [(3, 5), (12, 2), (500, 3), (1001, 8)])
def test_the_published_procedure(n, d):
    rng = np.random.default_rng(0)
    points, weights = rng.standard_normal((n, d)), rng.random(n) + 0.1
    indices, found = published_caratheodory(points, weights)
    assert is_convex_reduction(points, weights, indices, found)


def test_one_point_for_each_decomposition():
    rng = np.random.default_rng(0)
    points, weights = rng.standard_normal((9, 3)), rng.random(9)
    found = one_by_one(points, weights)
    assert np.count_nonzero(found) == 4
    assert found @ points == pytest.approx(weights @ points)
    assert (weights > 0).all()


def test_rows():
    (row,) = caratheodory_rows(rounds=2, sizes=[(400, 3)])
    assert (row["points"], row["n"], row["reached"]) == ("400 x 3", 2, True)
    assert row["ratio"] == pytest.approx(np.median(row["ratios"]))
    assert max(row["accuracy"], row["certificate"]) < 1e-12
    assert max(row["left"]) <= 4


def test_the_error_is_relative():
    points, weights = np.array([[1.0], [-1.0]]), np.array([1e6, 1e6])
    assert error(points, weights, np.array([0, 1]), weights) == 0
    assert error(points, weights, np.array([0, 1]), np.array([1e6 + 1, 1e6])) == pytest.approx(5e-7)
    assert error(points, weights, np.array([0, 1]), np.array([1.0, -1.0])) == np.inf
