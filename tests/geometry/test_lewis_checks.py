"""The checker of Lewis weights takes every true result and no tampered one."""

import numpy as np
import pytest
from hypothesis import given

from tests.geometry.point_sets import AWKWARD, gaussian, heavy, point_sets
from theoryprune.geometry import is_lewis, lewis_weights
from theoryprune.geometry.lewis_checks import independent_columns


@given(point_sets())
def test_true_results_are_accepted(points):
    result = lewis_weights(points)
    verdict = is_lewis(points, result.weights, result.theta)
    assert verdict or verdict.inconclusive
    assert bool(verdict) == (result.rounding < 1e-7) or 1e-8 < result.rounding < 1e-5
    assert verdict.value == pytest.approx(result.theta, rel=1e-6) or verdict.inconclusive


@pytest.mark.parametrize("points", AWKWARD.values(), ids=AWKWARD)
def test_awkward_points(points):
    result = lewis_weights(points)
    verdict = is_lewis(points, result.weights, result.theta)
    assert verdict or (verdict.inconclusive and result.rounding > 1e-6)


@pytest.mark.parametrize("points", [gaussian(60, 4), heavy(60, 5), AWKWARD["zero rows"], AWKWARD["anisotropy of 1e8"]])
def test_tampered_results_are_not(points):
    result = lewis_weights(points, eps=1e-9)
    tau = result.weights

    def changed(**entries):
        other = tau.copy()
        for j, value in entries.items():
            other[int(j[1:])] = value
        return other

    assert is_lewis(points, tau, result.theta)
    assert not is_lewis(points, changed(_2=-tau[2]), result.theta)
    assert not is_lewis(points, changed(_2=tau[3], _3=tau[2]), result.theta)
    assert not is_lewis(points, changed(_2=tau[2] - 1e-6), result.theta)
    assert not is_lewis(points, changed(_2=tau[2] - 1e-6, _3=tau[3] + 1e-6), result.theta)
    assert not is_lewis(points, changed(_2=0.0), result.theta)
    assert not is_lewis(points, tau * (1 - 1e-6), result.theta)
    assert not is_lewis(points, tau * (1 + 1e-6), result.theta)
    assert not is_lewis(points, tau, result.theta - 1e-6)
    assert not is_lewis(points, tau, np.nan)


def test_a_zero_row_must_have_no_weight():
    assert not is_lewis([[1, 0], [0, 1], [0, 0]], [1, 0.9, 0.1], 2.0)
    assert is_lewis(np.zeros((2, 2)), [0, 0], 1.0)


def test_what_rounding_hides_is_left_open():
    points = np.array([[1.0, 1], [2, 2], [3, 3], [1e-20, -1e-20]])
    result = lewis_weights(points)
    assert is_lewis(points, result.weights, result.theta).inconclusive


def test_arguments():
    with pytest.raises(ValueError, match="weights"):
        is_lewis(np.eye(2), [1, 1, 1], 1.0)


def test_independent_columns():
    assert sorted(independent_columns(np.array([[1.0, 2, 0], [2, 4, 1], [3, 6, 0]]))) == [1, 2]
