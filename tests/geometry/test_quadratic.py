import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import nnls

from theoryprune.geometry.quadratic import climb


def solve(matrix, slope, floor, tol=1e-9, limit=5000):
    return climb(lambda v: matrix @ v, slope, floor, lambda left: bool(left.max() <= tol and min(left) > -tol), limit)


def problem(m, k, seed):
    """Squared cosines of m unit vectors of length k: often singular, as in a Newton step."""
    rng = np.random.default_rng(seed)
    unit = rng.standard_normal((m, k))
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    return (unit @ unit.T) ** 2, rng.standard_normal(m), -rng.random(m) * (rng.random(m) < 0.7)


def value(matrix, slope, v):
    return slope @ v - v @ matrix @ v / 2


def test_without_a_floor_in_the_way_it_solves_the_equations():
    matrix, slope, _ = problem(12, 12, 0)
    assert matrix @ solve(matrix, slope, np.full(12, -1e6)) == pytest.approx(slope, abs=1e-8)


@given(st.integers(1, 30), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_the_maximum_is_that_of_non_negative_least_squares(m, k, seed):
    matrix, slope, floor = problem(m, k, seed)
    matrix = matrix + 1e-3 * np.eye(m)  # one solution
    v = climb(lambda v: matrix @ v, slope, floor, lambda left: False, 5000)
    root = np.linalg.cholesky(matrix)
    known = nnls(root.T, np.linalg.solve(root, slope - matrix @ floor))[0] + floor
    assert (v >= floor).all()
    assert value(matrix, slope, v) >= value(matrix, slope, known) - 1e-8


@given(st.integers(1, 30), st.integers(1, 4), st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_it_climbs_on_singular_faces_however_little_it_may_work(m, k, seed, limit):
    matrix, slope, floor = problem(m, k, seed)
    v = climb(lambda v: matrix @ v, slope, floor, lambda left: False, limit)
    assert (v >= floor).all()
    movable = (slope > 0).any() or ((slope < 0) & (floor < 0)).any()
    assert value(matrix, slope, v) > 0 if movable else not v.any()


def test_a_step_along_the_null_space_stops_at_the_floor():
    matrix = np.ones((2, 2))  # no curvature along (1, -1)
    v = climb(lambda v: matrix @ v, np.array([1.0, 0.0]), np.array([-1.0, -1.0]), lambda left: False, 100)
    assert v == pytest.approx([2.0, -1.0])


def test_a_start_that_is_good_enough_stays():
    assert not climb(lambda v: v, np.ones(3), np.zeros(3), lambda left: True, 10).any()
