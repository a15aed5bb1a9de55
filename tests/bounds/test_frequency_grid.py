"""Coarse grids with their correction are above fine ones; the torus needs none."""

import numpy as np
import pytest

from tests.bounds.convs import pixels
from theoryprune.bounds.conv_norm import grid_norm
from theoryprune.bounds.frequency_grid import FrequencyGrid, grid_cost, grids, placed
from theoryprune.bounds.taps import steps, taps_of
from theoryprune.errors import UnsupportedLayerError


@pytest.mark.parametrize("k", range(1, 8))
def test_every_grid_is_above_a_fine_one(k):
    rng = np.random.default_rng(k)
    for _ in range(6):
        taps = taps_of(rng.standard_normal((2, 3, k, max(1, k - 1))), pixels(2, dilation=2))
        fine = grid_norm(taps, FrequencyGrid((97, 89), steps(taps)[0], 1.0))
        for effort in ("fast", "default", "high"):
            for grid in list(grids(taps, (10**6, 10**6), effort))[effort != "fast" :]:
                assert fine <= grid_norm(taps, grid) <= 2.1 * fine


def test_the_smaller_grid_is_taken_along_each_axis():
    taps = taps_of(np.ones((1, 1, 3, 3)), pixels(2, padding=1))
    first = next(grids(taps, (5, 40), "fast"))
    assert first.sizes == (5, 16)
    assert first.correction == pytest.approx(1 / np.cos(np.pi / 16))
    torus = next(grids(taps, (5, 40), "high"))
    assert torus.sizes == (5, 40)
    assert 1 <= torus.correction < 1 + 1e-13
    assert grid_cost(taps, torus) > grid_cost(taps, first)


def test_repeated_rows_of_a_circular_padding_are_refused():
    with pytest.raises(UnsupportedLayerError, match="repeats"):
        placed(np.ones((1, 1, 2, 2)), (4, 4), pixels(2, padding=1, mode="circular"))
