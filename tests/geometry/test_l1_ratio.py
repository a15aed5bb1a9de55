"""The linear program behind sensitivities and kappa: both bounds hold whatever the solver does, and meet at best."""

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given

from tests.geometry.point_sets import AWKWARD, gaussian, heavy, point_sets
from theoryprune.geometry import l1_ratio as module
from theoryprune.geometry.l1_ratio import l1_ratio
from theoryprune.geometry.l1_space import l1_space


def check(space, direction, ratio):
    """What each bound claims, computed again."""
    assert np.allclose(space.white.T @ ratio.multipliers, direction, atol=1e-9 * np.linalg.norm(direction))
    assert np.abs(ratio.multipliers).max() <= ratio.upper * (1 + 1e-12)
    attained = abs(direction @ ratio.witness) / np.abs(space.white @ ratio.witness).sum()
    assert attained == pytest.approx(ratio.lower, rel=1e-12)
    assert ratio.lower <= ratio.upper * (1 + 1e-12)


@given(point_sets(most_points=25))
def test_the_bounds_meet(points):
    space = l1_space(points)
    for row in space.white[:5]:
        ratio = l1_ratio(space, row)
        check(space, row, ratio)
        assert ratio.lower == pytest.approx(ratio.upper, rel=1e-8)


@pytest.mark.parametrize("points", AWKWARD.values(), ids=AWKWARD)
def test_awkward_points(points):
    space = l1_space(np.asarray(points, dtype=float))
    for row in space.white[:8]:
        ratio = l1_ratio(space, row)
        assert ratio.lower == pytest.approx(ratio.upper, rel=1e-6)


@pytest.mark.parametrize("make", [gaussian, heavy])
def test_against_cvxpy(make):
    space = l1_space(make(40, 4))
    direction = np.random.default_rng(3).standard_normal(4)
    y = cp.Variable(4)
    problem = cp.Problem(cp.Minimize(cp.norm1(space.white @ y)), [direction @ y == 1])
    problem.solve(solver=cp.CLARABEL)
    assert l1_ratio(space, direction).upper == pytest.approx(1 / problem.value, rel=1e-7)


def test_no_direction_beats_the_upper_bound():
    space, rng = l1_space(heavy(60, 5)), np.random.default_rng(0)
    direction = rng.standard_normal(5)
    upper = l1_ratio(space, direction).upper
    y = rng.standard_normal((5, 20_000))
    assert (np.abs(direction @ y) / np.abs(space.white @ y).sum(axis=0)).max() <= upper


def test_a_solver_that_fails_leaves_two_bounds_that_hold(monkeypatch):
    space = l1_space(gaussian(30, 3))
    direction = space.white[4]
    true = l1_ratio(space, direction).upper

    class Failed:
        status = 4

    monkeypatch.setattr(module, "linprog", lambda *a, **k: Failed)
    ratio = l1_ratio(space, direction)
    check(space, direction, ratio)
    assert ratio.lower < true < ratio.upper <= 1


def test_a_solver_that_lies_is_not_believed(monkeypatch):
    space = l1_space(gaussian(30, 3))
    direction = space.white[4]
    true, solve = l1_ratio(space, direction).upper, module.linprog

    def lying(*arguments, **options):
        found = solve(*arguments, **options)
        found.x *= 1.5
        return found

    monkeypatch.setattr(module, "linprog", lying)
    assert l1_ratio(space, direction).upper > true


def test_no_direction_at_all():
    ratio = l1_ratio(l1_space(gaussian(9, 3)), np.zeros(3))
    assert (ratio.lower, ratio.upper) == (0, 0)
    empty = l1_ratio(l1_space(np.zeros((2, 3))), np.zeros(0))
    assert (empty.lower, empty.upper) == (0, 0)
