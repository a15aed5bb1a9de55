"""kappa: both sides meet, closed forms, another solver, and the bounds on one-sided sums that rest on it."""

import importlib

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given

from tests.geometry.point_sets import AWKWARD, gaussian, heavy, point_sets
from theoryprune.errors import ConvergenceError
from theoryprune.geometry import is_kappa, kappa
from theoryprune.geometry.l1_ratio import L1Ratio

module = importlib.import_module("theoryprune.geometry.kappa")


def shares(points, x):
    """|sum of products| over the sum of absolute products, for each column of x."""
    products = points @ x
    return np.abs(products.sum(axis=0)) / np.abs(products).sum(axis=0)


@given(point_sets())
def test_both_sides_meet(points):
    before = points.copy()
    result = kappa(points)
    assert 0 <= result.lower <= result.upper <= 1
    assert result.gap <= 1e-6
    assert np.abs(result.multipliers).max() <= result.upper + 1e-12
    assert np.array_equal(points, before)


@pytest.mark.parametrize("points", AWKWARD.values(), ids=AWKWARD)
def test_awkward_points(points):
    result = kappa(points)
    assert is_kappa(points, result.lower, result.upper, result.multipliers, result.witness) or result.rounding > 1e-9


def test_closed_forms():
    assert kappa(AWKWARD["opposite pairs"]).upper < 1e-14
    for independent in (gaussian(4, 9), gaussian(5, 5), heavy(6, 6), np.array([[2.0]])):
        result = kappa(independent)
        assert result.upper == 1
        assert result.lower == pytest.approx(1, abs=1e-12)
        assert np.array_equal(result.multipliers, np.ones(len(independent)))
    assert kappa(np.zeros((3, 2))).upper == 0
    assert kappa([[3.0], [-1.0]]).upper == pytest.approx(0.5)
    angles = 2 * np.pi * np.arange(5) / 5
    assert kappa(np.column_stack([np.cos(angles), np.sin(angles)])).upper < 1e-14
    assert kappa([[1.0, 0], [-1, 0], [0, 1e-20]]).upper == 1


def test_one_exactly_where_all_products_can_be_positive():
    points = gaussian(60, 4)
    assert kappa(points).upper < 0.9
    assert kappa(np.abs(points)).upper == 1
    half = points * np.sign(points @ [1.0, 2.0, 0.5, -1.0])[:, None]
    assert kappa(half).upper == 1


@pytest.mark.parametrize("make", [gaussian, heavy])
def test_against_cvxpy(make):
    points = make(40, 4)
    s = cp.Variable(40)
    problem = cp.Problem(cp.Minimize(cp.norm_inf(s)), [points.T @ s == points.sum(axis=0)])
    problem.solve(solver=cp.CLARABEL)
    assert kappa(points).upper == pytest.approx(problem.value, abs=1e-6)


def test_the_bounds_on_rectified_sums():
    """On random x and on the witness, for which the lower one is attained."""
    points = heavy(80, 5)
    result = kappa(points)
    x = np.column_stack([np.random.default_rng(0).standard_normal((5, 20_000)), result.witness, -result.witness])
    assert (shares(points, x) <= result.upper).all()
    norms, sums = np.abs(points @ x).sum(axis=0), np.maximum(points @ x, 0).sum(axis=0)
    assert (sums >= (1 - result.upper) / 2 * norms * (1 - 1e-12)).all()
    assert (sums <= (1 + result.upper) / 2 * norms * (1 + 1e-12)).all()
    assert (sums / norms).min() == pytest.approx((1 - result.lower) / 2, rel=1e-9)


def test_invariance():
    points, rng = gaussian(50, 4), np.random.default_rng(1)
    base = kappa(points).upper
    assert kappa(points @ rng.standard_normal((4, 4))).upper == pytest.approx(base, rel=1e-9)
    assert kappa(-1e150 * points[rng.permutation(50)]).upper == pytest.approx(base, rel=1e-9)
    assert kappa(np.concatenate([points, points])).upper == pytest.approx(base, rel=1e-9)


def test_a_solver_that_fails_raises_with_bounds_that_hold(monkeypatch):
    points = gaussian(30, 3)
    true = kappa(points)
    poor = L1Ratio(0.0, 0.9, np.zeros(30), np.array([1.0, 0, 0]))
    monkeypatch.setattr(module, "l1_ratio", lambda space, direction: poor)
    with pytest.raises(ConvergenceError, match="eps") as caught:
        kappa(points)
    result = caught.value.result
    assert not result.converged
    assert result.lower <= true.lower <= true.upper <= result.upper
    assert caught.value.gap == result.gap


def test_eps_must_be_positive():
    with pytest.raises(ValueError, match="eps"):
        kappa(np.eye(2), eps=0)
