"""Outward rounding, held against exact rationals."""

from fractions import Fraction

import numpy as np
import pytest

from theoryprune.bounds.rounding import gamma, norm_up, product_up, row_norms_up, scale_up, sum_up, up


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
