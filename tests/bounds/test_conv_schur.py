"""Multipliers are found and proved on the common torus."""

import numpy as np
import pytest

from tests.bounds.test_conv_pair import RING, SAME, pair_of
from theoryprune.bounds import conv_schur as module
from theoryprune.bounds.conv_schur import common_symbols, conv_schur
from theoryprune.bounds.conv_sector import sector_squares


@pytest.mark.parametrize("slope", [0.0, 0.4])
def test_the_gain_is_that_of_its_multipliers(slope):
    pair = pair_of(RING, RING, slope=slope)
    left, right = common_symbols(pair)
    gain, sector = conv_schur(pair, [np.ones(left.shape[2])], "default")
    root = float(np.sqrt(sector_squares(left, right, pair.slopes, sector).max()))
    assert root <= gain <= root * (1 + 1e-6)


def test_without_a_step_the_start_still_proves(monkeypatch):
    pair = pair_of(SAME, SAME)
    tried = [np.ones(pair.left.matrices.shape[2])]
    best, _ = conv_schur(pair, tried, "default")
    monkeypatch.setitem(module._LARGEST_STEP, "default", 0.0)
    assert best < conv_schur(pair, tried, "default")[0] < np.inf
    monkeypatch.setitem(module._LARGEST_PROOF, "default", 0.0)
    assert conv_schur(pair, tried, "default") == (np.inf, None)


def test_no_torus_no_symbols():
    with pytest.raises(ValueError, match="torus"):
        common_symbols(pair_of(RING, SAME))
    assert conv_schur(pair_of(RING, SAME), [np.ones(6)], "default") == (np.inf, None)
