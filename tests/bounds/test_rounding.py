"""Outward rounding, held against exact rationals."""

from fractions import Fraction

import numpy as np
import pytest

from theoryprune.bounds.rounding import (
    gamma,
    norm_down,
    norm_up,
    product_up,
    row_norms_up,
    scale_down,
    scale_up,
    shared_exponent,
    sum_up,
    up,
)


@pytest.mark.parametrize("scale", [1.0, 1e-150, 1e150, 1e-300])
def test_norms_are_above_the_exact_ones(scale):
    rng = np.random.default_rng(0)
    for _ in range(50):
        row = scale * rng.standard_normal(7)
        exact = sum(Fraction(float(x)) ** 2 for x in row)
        assert Fraction(norm_up(row)) ** 2 >= exact
        assert norm_up(row) <= np.linalg.norm(row / scale) * scale * (1 + 1e-12)


def test_sums_and_products_are_above_the_exact_ones():
    rng = np.random.default_rng(1)
    a, b = rng.random(40) * 1e-160, rng.random(40) * 1e-160
    assert all(
        Fraction(float(c)) >= Fraction(float(x)) * Fraction(float(y))
        for c, x, y in zip(product_up(a, b), a, b, strict=True)
    )
    assert Fraction(sum_up(a)) >= sum(Fraction(float(x)) for x in a)
    # Each of six additions rounds down: together three units in the last place.
    low = np.array([1.0] + 6 * [0.99 * 2.0**-53])
    assert Fraction(sum_up(low)) >= sum(Fraction(float(x)) for x in low)


def test_zero_stays_zero_and_overflow_is_infinite():
    assert up(0.0) == 0
    assert sum_up(np.zeros(3)) == 0
    assert product_up(np.zeros(1), np.ones(1))[0] == 0
    assert row_norms_up(np.zeros((2, 3))).tolist() == [0, 0]
    assert scale_up(0.75, 5000) == np.inf
    assert scale_up(0.75, -5000) > 0
    assert scale_up(0.0, -5000) == 0
    assert scale_up(0.75, 3) == 6


def test_gamma_needs_few_operations():
    assert gamma(10) >= 10 * 2.0**-53
    with pytest.raises(ValueError, match="count"):
        gamma(10**15)


@pytest.mark.parametrize("scale", [1.0, 3e-162, 1e150, 1e-310, 5e-324])
def test_lower_norms_are_below_the_exact_ones(scale):
    # About 1e-162 the squares are the smallest numbers there are: their root would be up to 1.4 times the norm.
    rng = np.random.default_rng(0)
    for size in (1, 2, 7):
        row = scale * rng.integers(1, 4, size).astype(float)
        exact = sum(Fraction(float(x)) ** 2 for x in row)
        assert Fraction(norm_down(row)) ** 2 <= exact
        assert norm_down(row) >= np.linalg.norm(row / scale) * scale * (1 - 1e-12) - 5e-324
    assert norm_down(np.zeros(2)) == 0


def test_scales_downward():
    assert scale_down(0.75, 3) == 6
    assert scale_down(0.75, 5000) == np.finfo(float).max
    assert scale_down(0.75, -5000) == 0
    assert Fraction(scale_down(0.75, -1074)) < Fraction(3, 4) / Fraction(2) ** 1074


def test_the_scale_of_several_leaves_zeros_out():
    assert shared_exponent(np.zeros(2), np.array([[1e-300]])) == shared_exponent(np.array([1e-300]))
    assert shared_exponent(np.zeros(2), np.zeros((0, 3))) == 0
    assert shared_exponent(np.array([3.0]), np.array([-4.0])) == 3


def test_an_exact_zero_times_infinity_is_zero():
    assert product_up(np.zeros(1), np.array([np.inf]))[0] == 0
