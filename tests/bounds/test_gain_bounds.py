"""The record of four gains: at the scale of the layer, with the rounding of its arrays, rounded up."""

from dataclasses import replace

import numpy as np

from tests.bounds.test_tri_prod import pair_of
from theoryprune.bounds.gain_bounds import nothing_stated, stated

PAIR = replace(pair_of(np.eye(2), np.eye(2)), exponent=3)
ONES = np.ones(2)


def test_gains_are_stated_at_the_scale_of_the_layer_and_never_below():
    found = stated(PAIR, 0.25, (1.0, 2.0, 3.0, float("inf")), ONES, 2 * ONES, None)
    assert 8 * 1.25 < found.triangle < 8 * 1.25 * (1 + 1e-13)
    assert 8 * 2.25 < found.product < 8 * 2.25 * (1 + 1e-13)
    assert found.schur == np.inf
    assert found.best == found.triangle
    assert (found.centre_balance == 2).all()
    assert found.exponent == 3


def test_a_gain_that_is_no_number_counts_as_not_proved():
    found = stated(PAIR, 0.0, (1.0, float("nan"), float("nan"), float("nan")), ONES, ONES, None)
    assert (found.product, found.centre, found.schur) == (np.inf, np.inf, np.inf)
    assert found.best == found.triangle


def test_nothing_but_rounding():
    assert nothing_stated(PAIR, 0.0).best == 0
    assert nothing_stated(PAIR, 2.0**-40).best > 2.0**-37
    assert nothing_stated(PAIR, 2.0**-40).balance.shape == (0,)
