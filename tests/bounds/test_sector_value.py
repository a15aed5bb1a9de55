"""The value of given multipliers."""

import numpy as np
import pytest

from tests.bounds.test_tri_prod import pair_of
from theoryprune.bounds.sector_value import compact, sector_of, sector_square
from theoryprune.bounds.tri_prod import balances, product_bound

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("d", [3, 9])
def test_at_slope_0_it_is_at_most_the_product(d):
    pair = pair_of(RNG.standard_normal((4, 6)), RNG.standard_normal((6, d)))
    for balance in balances(pair):
        assert np.sqrt(sector_square(pair, sector_of(pair, balance))) <= product_bound(pair, balance)


def test_outside_the_cone_it_is_infinite():
    assert sector_square(pair_of(np.eye(2), np.eye(2)), np.array([0.9, 2.0])) == np.inf


def test_compact_rows_have_the_same_products():
    rows = RNG.standard_normal((3, 8))
    assert compact(rows).shape == (3, 3)
    np.testing.assert_allclose(compact(rows) @ compact(rows).T, rows @ rows.T, atol=1e-13)
