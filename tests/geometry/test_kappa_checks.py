"""The checker of kappa takes every true pair of witnesses and no tampered one."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given

from tests.geometry.point_sets import AWKWARD, gaussian, heavy, point_sets
from theoryprune.geometry import is_kappa, kappa


def check(points, result, **changes):
    fields = ("lower", "upper", "multipliers", "witness")
    return is_kappa(points, **{name: changes.get(name, getattr(result, name)) for name in fields})


@given(point_sets())
def test_true_results_are_accepted(points):
    result = kappa(points)
    verdict = check(points, result)
    assert verdict or verdict.inconclusive


@pytest.mark.parametrize("points", [gaussian(60, 4), heavy(60, 5), AWKWARD["zero rows"], 1e150 * gaussian(40, 3)])
def test_tampered_results_are_not(points):
    result = kappa(points)
    s, x = result.multipliers, result.witness
    assert check(points, result)
    largest = int(np.argmax(np.linalg.norm(points, axis=1) * (s > 0)))
    assert not check(points, result, multipliers=np.where(np.arange(len(s)) == largest, -s, s))
    assert not check(points, result, multipliers=np.where(np.arange(len(s)) == largest, s - 1e-6, s))
    other = int(np.argmin(s))
    swapped = s.copy()
    swapped[[largest, other]] = s[[other, largest]]
    assert not check(points, result, multipliers=swapped)
    assert not check(points, result, multipliers=np.zeros(len(s)))
    assert not check(points, result, multipliers=s * (1 - 1e-6))
    assert not check(points, result, upper=result.upper - 1e-6, lower=result.lower - 1e-6)
    assert not check(points, result, lower=result.lower + 1e-6, upper=result.upper + 1e-6)
    assert not check(points, result, witness=np.zeros(len(x)))
    assert not check(points, result, witness=np.roll(x, 1))
    assert not check(points, result, lower=result.upper, upper=result.lower - 1e-9)
    assert not check(points, result, upper=1.5)
    assert not check(points, result, upper=np.nan)


def test_what_rounding_hides_is_left_open():
    points = np.array([[1.0, 1], [-2, -2], [3, 3], [1e-20, -1e-20], [-1e-20, 1e-20]])
    assert is_kappa(points, 0.0, 1.0, np.zeros(5), np.zeros(2)).inconclusive


def test_zero_rows_and_shapes():
    assert is_kappa(np.zeros((2, 2)), 0.0, 0.0, [0, 0], [0, 0])
    with pytest.raises(ValueError, match="multipliers"):
        is_kappa(np.eye(2), 0, 1, [1], [1, 1])
    with pytest.raises(ValueError, match="witness"):
        is_kappa(np.eye(2), 0, 1, [1, 1], [1, np.inf])


def test_a_share_of_rounding_errors_proves_nothing():
    """In plain arithmetic the products with a direction orthogonal to all rows may all seem to have one sign."""
    rng = np.random.default_rng(0)
    accepted, true = 0, 0
    for _ in range(200):
        normal, steps = rng.standard_normal(2), rng.uniform(0.1, 0.9, 3)
        points = np.outer(np.append(steps, -steps.sum()), normal)
        witness = np.array([normal[1], -normal[0]])
        products = [sum(Fraction(a) * Fraction(b) for a, b in zip(p, witness, strict=True)) for p in points.tolist()]
        whole = sum(map(abs, products))
        accepted += is_kappa(points, 0.9, 1.0, np.ones(4), witness).holds
        true += bool(whole) and abs(sum(products)) >= Fraction(9, 10) * whole
    assert accepted == true
