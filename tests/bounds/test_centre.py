"""The centre bound between its two ends."""

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
