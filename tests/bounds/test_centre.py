"""The centre bound between its two ends."""

from fractions import Fraction

import numpy as np
import pytest

from tests.bounds.test_tri_prod import pair_of
from theoryprune.bounds.centre import centre_bound, linear_norm_up
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
