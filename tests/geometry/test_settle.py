"""The last steps: dependent points merge, and least squares takes what rounding left."""

import numpy as np
import pytest

from theoryprune.geometry.settle import absolute_sums, relative_gap, settle


def test_weights_that_are_slightly_off_are_corrected():
    points = np.random.default_rng(0).standard_normal((4, 3))
    true = np.array([0.1, 0.2, 0.3, 0.4])
    kept, found = settle(points, true + 1e-7, true @ points, 1.0)
    assert kept.tolist() == [0, 1, 2, 3]
    assert found == pytest.approx(true, abs=1e-14)


def test_no_correction_makes_a_weight_negative():
    points, target = np.array([[0.0], [1.0]]), np.array([-0.25])
    _, found = settle(points, np.array([1.0, 1e-9]), target, 1.0)
    assert found.tolist() == [1, 1e-9]


def test_dependent_points_merge():
    points = np.array([[1.0, 1], [1, 1], [2, 2], [3, 3]])
    kept, found = settle(points, np.ones(4), points.sum(axis=0), 4.0)
    assert len(kept) == 2
    assert (np.diff(kept) > 0).all()
    assert found @ points[kept] == pytest.approx([7, 7], rel=1e-14)
    assert found.sum() == pytest.approx(4, rel=1e-14)


def test_the_gap_is_the_largest_of_all():
    points, weights = np.array([[1.0, 0], [0, 1]]), np.array([1.0, 2.0])
    assert relative_gap(points, weights, np.array([1.0, 2.0]), np.array([1.0, 2.0]), 3.0) == 0
    assert relative_gap(points, weights, np.array([1.5, 2.0]), np.array([2.0, 2.0]), 3.0) == 0.25
    assert relative_gap(points, weights, np.array([1.0, 2.0]), np.array([1.0, 2.0]), 2.0) == 0.5
    assert relative_gap(np.zeros((1, 1)), np.ones(1), np.zeros(1), np.zeros(1), 1.0) == 0


def test_absolute_sums():
    rng = np.random.default_rng(0)
    points, weights = rng.standard_normal((1000, 3)), rng.random(1000)
    assert absolute_sums(points, weights, cell=64) == pytest.approx(weights @ np.abs(points), rel=1e-13)


def test_a_correction_that_needs_a_negative_weight_is_not_taken():
    kept, weights = settle(np.array([[0.0], [1.0]]), np.array([1.0, 0.1]), np.array([-0.05]), 1.05)
    assert kept.tolist() == [0, 1]
    assert weights.tolist() == [1.0, 0.1]
