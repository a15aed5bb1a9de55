"""The centre bound between its two ends."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from tests.bounds.test_tri_prod import pair_of
from theoryprune.bounds.centre import centre_bound, linear_norm_up, middle_norm_up
from theoryprune.bounds.tri_prod import product_bound

RNG = np.random.default_rng(0)
LEFT, RIGHT = RNG.standard_normal((3, 6)), RNG.standard_normal((6, 4))


def test_linear_maps_are_exact():
    pair = pair_of(LEFT, RIGHT, 1.0)
    assert centre_bound(pair, np.ones(6)) == pytest.approx(np.linalg.norm(LEFT @ RIGHT, 2), rel=1e-9)
    assert linear_norm_up(pair, np.ones(6)) >= np.linalg.norm(LEFT @ RIGHT, 2)


@pytest.mark.parametrize("slope", [0.0, 0.3])
def test_the_formula_for_one_slope(slope):
    pair = pair_of(LEFT, RIGHT, slope)
    product = product_bound(pair, np.ones(6))
    expected = (1 + slope) / 2 * np.linalg.norm(LEFT @ RIGHT, 2) + (1 - slope) / 2 * product
    assert expected * (1 - 1e-12) <= centre_bound(pair, np.ones(6)) <= expected * (1 + 1e-8)
    assert centre_bound(pair, np.ones(6)) <= product * (1 + 1e-8)


def test_the_rounding_of_a_product_that_cancels_is_counted():
    rng = np.random.default_rng(0)
    for _ in range(50):
        left, right = rng.standard_normal((1, 40)), rng.standard_normal((40, 1))
        left[0, -1] = -(left[0, :-1] @ right[:-1, 0]) / right[-1, 0]
        exact = sum(Fraction(float(a)) * Fraction(float(b)) for a, b in zip(left[0], right[:, 0], strict=True))
        assert Fraction(linear_norm_up(pair_of(left, right, 1.0), np.ones(40))) >= abs(exact)


@pytest.mark.parametrize("slopes", [np.zeros(6), np.full(6, 0.3), np.ones(6), np.linspace(0, 1, 6)])
def test_what_is_known_already_is_not_computed_again_and_changes_nothing(slopes):
    pair = replace(pair_of(LEFT, RIGHT, 0.0), slopes=slopes)
    balance = np.linspace(0.5, 2, 6)
    known = centre_bound(pair, balance, middle_norm_up(pair), product_bound(pair, balance))
    assert known == pytest.approx(centre_bound(pair, balance), rel=1e-9)
    middle = np.linalg.norm((LEFT * (1 + slopes) / 2) @ RIGHT, 2)
    rest = np.linalg.norm(LEFT * (1 - slopes) / 2 / balance, 2) * np.linalg.norm(balance[:, None] * RIGHT, 2)
    assert known >= (middle + rest) * (1 - 1e-15)
