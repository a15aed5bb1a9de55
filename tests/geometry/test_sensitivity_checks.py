"""The checker of sensitivity bounds: another linear program, which proves them and refuses any that is too low."""

import importlib

import numpy as np
import pytest
from hypothesis import given, settings

from tests.geometry.point_sets import AWKWARD, gaussian, heavy, point_sets
from theoryprune.geometry import is_sensitivity_bound, sensitivities


@given(point_sets(most_points=15, most_dimensions=4))
@settings(max_examples=25)
def test_exact_values_are_accepted_and_nothing_below(points):
    exact = sensitivities(points, method="exact").bounds
    verdict = is_sensitivity_bound(points, exact)
    assert verdict or verdict.inconclusive
    live = np.flatnonzero(exact)
    if len(live) and verdict:
        lower = exact.copy()
        lower[live[0]] *= 1 - 1e-6
        assert not is_sensitivity_bound(points, lower)


@pytest.mark.parametrize("make", [gaussian, heavy])
def test_each_row_is_looked_at(make):
    points = make(30, 3)
    exact = sensitivities(points, method="exact").bounds
    for j in range(30):
        assert not is_sensitivity_bound(points, np.where(np.arange(30) == j, exact - 1e-6, exact), indices=[j])
    assert not is_sensitivity_bound(points, -exact)
    assert not is_sensitivity_bound(points, np.roll(exact, 1))
    assert is_sensitivity_bound(points, np.roll(exact, 1), indices=[]).value == 0


@pytest.mark.parametrize("name", ["tiny", "huge", "anisotropy of 1e8", "on a line", "zero rows", "one point"])
def test_awkward_points(name):
    assert is_sensitivity_bound(AWKWARD[name], sensitivities(AWKWARD[name]).bounds, tol=1e-5)


def test_a_short_row_alone_in_its_direction():
    assert is_sensitivity_bound([[1, 0], [0, 1e-20]], [1, 1])
    assert not is_sensitivity_bound([[1, 0], [0, 1e-20]], [1, 0.5])


def test_what_rounding_hides_is_left_open():
    points = np.array([[1.0, 1], [2, 2], [3, 3], [1e-20, -1e-20]])
    assert is_sensitivity_bound(points, np.ones(4)).inconclusive


def test_zero_rows_and_bad_indices():
    assert is_sensitivity_bound(np.zeros((2, 2)), [0, 0])
    assert not is_sensitivity_bound(np.zeros((2, 2)), [0, -1])
    for indices in ([2], [-1], [0.5]):
        with pytest.raises(ValueError, match="indices must"):
            is_sensitivity_bound(np.eye(2), [1, 1], indices)
    with pytest.raises(ValueError, match="bounds"):
        is_sensitivity_bound(np.eye(2), [1, np.nan])


def test_multipliers_that_do_not_add_up_prove_nothing(monkeypatch):
    """Half of the true ones have half the size, and what they miss has to count."""
    points = gaussian(30, 3)
    bounds = sensitivities(points, method="exact").bounds
    module = importlib.import_module("theoryprune.geometry.sensitivity_checks")
    solve = module.linprog

    def halved(*args, **options):
        found = solve(*args, **options)
        found.ineqlin.marginals = found.ineqlin.marginals / 2
        return found

    monkeypatch.setattr(module, "linprog", halved)
    assert not is_sensitivity_bound(points, 0.6 * bounds)
