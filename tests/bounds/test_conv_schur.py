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


@pytest.mark.parametrize("part", [0, 1])
def test_symbols_that_are_off_by_what_is_stated_still_give_a_bound(monkeypatch, part):
    pair, share = pair_of(SAME, SAME), 1e-3
    tried = [np.ones(pair.left.matrices.shape[2])]
    true = conv_schur(pair, tried, "default")[0]
    whole = common_symbols(pair)
    low = tuple(symbols * (1 - share if place == part else 1) for place, symbols in enumerate(whole))
    off = share * max(float(np.linalg.norm(symbol)) for symbol in whole[part])
    taps = (pair.left, pair.right)[part].matrices
    monkeypatch.setattr(module, "common_symbols", lambda pair: low)
    monkeypatch.setattr(module, "symbol_error", lambda matrices: off if matrices.shape == taps.shape else 0.0)
    assert true * (1 - 1e-9) <= conv_schur(pair, tried, "default")[0]
