"""Sensitivities: exact ones against another solver, the order of the methods, known answers."""

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings

from tests.geometry.point_sets import AWKWARD, gaussian, heavy, point_sets
from theoryprune.errors import ConvergenceError
from theoryprune.geometry import sensitivities
from theoryprune.geometry import sensitivities as public
from theoryprune.geometry.l1_ratio import L1Ratio


@given(point_sets(most_points=20, most_dimensions=4))
@settings(max_examples=30)
def test_exact_ones_lie_below_those_of_lewis(points):
    exact, lewis = sensitivities(points, method="exact"), sensitivities(points)
    assert (exact.lower <= exact.bounds).all()
    assert (exact.lower <= lewis.bounds * (1 + 1e-9)).all()
    assert (exact.bounds <= 1).all()
    assert (lewis.bounds <= 1).all()
    assert exact.rank == lewis.rank
    assert exact.total == pytest.approx(exact.bounds.sum())


@pytest.mark.parametrize("make", [gaussian, heavy])
def test_against_cvxpy(make):
    points = make(25, 3)
    found = sensitivities(points, method="exact")
    for j in (0, 7, 24):
        x = cp.Variable(3)
        problem = cp.Problem(cp.Minimize(cp.norm1(points @ x)), [points[j] @ x == 1])
        problem.solve(solver=cp.CLARABEL)
        assert found.bounds[j] == pytest.approx(1 / problem.value, rel=1e-6)


@pytest.mark.parametrize("method", ["lewis", "exact", "peeling"])
def test_no_direction_exceeds_them(method):
    points = heavy(50, 4)
    bounds = sensitivities(points, method=method).bounds
    products = np.abs(points @ np.random.default_rng(0).standard_normal((4, 20_000)))
    assert (products / products.sum(axis=0) <= bounds[:, None]).all()


def test_known_answers():
    for method in ("lewis", "exact"):
        assert np.allclose(sensitivities(gaussian(3, 5), method=method).bounds, 1)
        copies = sensitivities(np.repeat(gaussian(3, 3), 4, axis=0), method=method)
        assert np.allclose(copies.bounds, 0.25, rtol=1e-5)
        assert not sensitivities(np.zeros((2, 2)), method=method).bounds.any()
        assert np.allclose(sensitivities([[1.0, 0], [0, 1e-150]], method=method).bounds, 1)


def test_peeling_is_another_upper_bound():
    points = heavy(60, 4)
    exact, peeled = sensitivities(points, method="exact"), sensitivities(points, method="peeling")
    assert (exact.lower <= peeled.bounds).all()
    assert peeled.total > exact.total
    assert peeled.rank == exact.rank == 4
    assert peeled.method == "peeling"


def test_gaussian_rows_have_far_less_than_their_rank():
    exact = sensitivities(gaussian(200, 8), method="exact")
    assert 1.1 * np.sqrt(8) < exact.total < 1.5 * np.sqrt(8)


@pytest.mark.parametrize("name", ["tiny", "huge", "anisotropy of 1e8", "in a plane", "single precision"])
def test_magnitudes(name):
    result = sensitivities(AWKWARD[name], method="exact")
    assert np.allclose(result.lower, result.bounds, rtol=1e-6)


def test_a_solver_that_fails_raises_with_bounds_that_hold(monkeypatch):
    import importlib

    module = importlib.import_module("theoryprune.geometry.sensitivities")
    monkeypatch.setattr(module, "l1_ratio", lambda space, row: L1Ratio(0.1, 0.5, row, row))
    with pytest.raises(ConvergenceError, match="lewis") as caught:
        public(gaussian(5, 2), method="exact")
    assert caught.value.gap == pytest.approx(0.8)
    assert not caught.value.result.converged


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="method"):
        sensitivities(np.eye(2), method="guess")
