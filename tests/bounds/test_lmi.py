"""The matrix inequality accepts what holds and nothing below."""

from fractions import Fraction

import numpy as np
import pytest

from tests.bounds.test_tri_prod import pair_of
from theoryprune.bounds.lmi import is_sector_bound
from theoryprune.bounds.sector_value import sector_of, sector_square
from theoryprune.bounds.tri_prod import balances

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("slope", [0.0, 0.4])
@pytest.mark.parametrize("scale", [1.0, 1e-60])
def test_the_least_square_and_nothing_below(slope, scale):
    pair = pair_of(scale * RNG.standard_normal((3, 6)), RNG.standard_normal((6, 4)), slope)
    sector = sector_of(pair, balances(pair)[0]) if scale == 1 else sector_of(pair, balances(pair)[1])
    square = sector_square(pair, sector)
    if scale == 1:
        assert is_sector_bound(pair, sector, square * (1 + 1e-9))
    assert not is_sector_bound(pair, sector, square * (1 - 1e-6))
    assert not is_sector_bound(pair, sector, np.inf)


def test_nonsense_is_refused():
    pair = pair_of(np.eye(2), np.eye(2))
    for sector, square in [([1.0, -1.0], 1.0), ([1.0, np.nan], 1.0), ([2.0, 2.0], 0.0), ([2.0, 2.0], np.nan)]:
        assert not is_sector_bound(pair, np.array(sector), square)
    assert not is_sector_bound(pair, np.array([0.5, 2.0]), 10.0)  # T below A^T A


def test_nothing_below_the_exact_square_in_rationals():
    # One unit at slope 0: (T B)^2 / (4 (T - A^2)).
    rng = np.random.default_rng(2)
    for _ in range(200):
        a, b, t = rng.uniform(0.5, 1), rng.uniform(0.5, 1), rng.uniform(1.1, 3)
        exact = (Fraction(t) * Fraction(b)) ** 2 / (4 * (Fraction(t) - Fraction(a) ** 2))
        for square in float(exact) * (1 + 2.0**-53 * np.arange(-8, 3)):
            if Fraction(float(square)) < exact:
                assert not is_sector_bound(pair_of([[a]], [[b]]), np.array([t]), float(square))
