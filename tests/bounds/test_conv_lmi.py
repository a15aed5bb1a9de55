"""The proof at every frequency accepts what is true and nothing below it."""

from fractions import Fraction

import numpy as np
import pytest

from tests.bounds.test_conv_sector import symbols_of
from theoryprune.bounds.conv_lmi import is_conv_sector_bound
from theoryprune.bounds.conv_sector import sector_squares


@pytest.mark.parametrize("slope", [0.0, 0.4])
@pytest.mark.parametrize("scale", [1.0, 1e-60, 1e60])
@pytest.mark.parametrize("d", [2, 9])
def test_the_computed_value_is_proved_and_nothing_below(slope, scale, d):
    A, B = symbols_of(7, 3, 5, d)
    slopes, T = np.full(5, slope), np.full(5, 2 * np.linalg.norm(A, 2, axis=(1, 2)).max() ** 2)
    T = T * np.array([1, 2, 3, 1e3, 1.5])
    square = sector_squares(A, B, slopes, T).max()
    assert is_conv_sector_bound(A * scale, B, slopes, T * scale**2, square * scale**2 * (1 + 1e-6))
    assert not is_conv_sector_bound(A, B, slopes, T, square * (1 - 1e-6))


def test_multipliers_that_prove_nothing():
    A, B = symbols_of(7, 3, 5, 2)
    for T in (np.full(5, 1e-3), -np.ones(5), np.full(5, np.nan), np.zeros(5)):
        assert not is_conv_sector_bound(A, B, np.zeros(5), T, 1e6)
    assert not is_conv_sector_bound(A, B, np.zeros(5), np.ones(5), np.inf)


def test_squares_just_below_the_least_are_never_proved():
    # One unit, T = 1: the least square is b^2 / (4 (1 - a^2)), in rationals; the next number below it is refused.
    rng, one = np.random.default_rng(0), np.ones(1)
    for _ in range(300):
        a, b = rng.uniform(0.1, 0.99), rng.uniform(0.1, 2)
        least = Fraction(b) ** 2 / (4 * (1 - Fraction(a) ** 2))
        below = float(least)
        below = below if Fraction(below) < least else float(np.nextafter(below, 0))
        left, right = np.full((1, 1, 1), a, dtype=complex), np.full((1, 1, 1), b, dtype=complex)
        assert not is_conv_sector_bound(left, right, 0 * one, one, below)
        assert is_conv_sector_bound(left, right, 0 * one, one, below * (1 + 1e-10))
