"""The four bounds of a pair of convolutions: their order, their efforts, and where they do not apply."""

import numpy as np
import pytest

from tests.bounds.convs import pixels
from tests.bounds.test_conv_pair import RING, SAME, pair_of
from theoryprune.bounds.conv_gains import common_symbols, conv_gain_bounds


@pytest.mark.parametrize("windows", [(SAME, SAME), (pixels(2, stride=2, padding=1), SAME), (RING, RING)])
def test_order(windows):
    pair = pair_of(*windows, slope=0.0)
    fast, default, high = (conv_gain_bounds(pair, effort) for effort in ("fast", "default", "high"))
    for found in (fast, default, high):
        assert found.best <= found.triangle
        assert found.centre <= found.product * (1 + 1e-6)
    assert default.schur <= default.product * (1 + 1e-6)
    assert high.schur <= default.schur * (1 + 1e-3)
    assert fast.schur == np.inf
    assert default.sector.shape == default.balance.shape


def test_where_bounds_do_not_apply():
    apart = conv_gain_bounds(pair_of(RING, SAME))
    assert apart.centre == apart.schur == np.inf
    assert apart.best < np.inf
    flat = conv_gain_bounds(pair_of(SAME, None, next_k=(6, 5)))
    assert flat.schur == np.inf
    assert flat.centre <= flat.product
    with pytest.raises(ValueError, match="effort"):
        conv_gain_bounds(pair_of(SAME, SAME), "most")
    with pytest.raises(ValueError, match="torus"):
        common_symbols(pair_of(RING, SAME))


def test_steeper_slopes_give_lower_bounds_where_they_hold():
    gains = [conv_gain_bounds(pair_of(RING, RING, slope=slope)).schur for slope in (0.0, 0.5, 0.9, 1.0)]
    assert gains == sorted(gains, reverse=True)


def test_what_stands_between_multiplies():
    pair, gain = pair_of(SAME, SAME), conv_gain_bounds(pair_of(SAME, SAME, pool_gain=3.0))
    plain = conv_gain_bounds(pair)
    # What the consumer reads is of unknown size then, so its norms are those on the whole lattice.
    assert 3 * plain.triangle * (1 - 1e-9) <= gain.triangle <= 3.3 * plain.triangle
    assert 3 * plain.product * (1 - 1e-9) <= gain.product <= 3.3 * plain.product
