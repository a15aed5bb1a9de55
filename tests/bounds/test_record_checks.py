"""Arrays of a certificate that are none are named, before anything is computed from them."""

from dataclasses import replace

import numpy as np
import pytest

from tests.bounds.layers import weights
from theoryprune.bounds.fold import nearest_rays
from theoryprune.bounds.gains import gain_bounds
from theoryprune.bounds.layer import as_layer
from theoryprune.bounds.pair import layer_pair
from theoryprune.bounds.record_checks import within, wrong_fold, wrong_shape

V, W = weights("gauss")
LAYER = as_layer(V, W, np.arange(6), V[:, :6], np.r_[np.zeros(9), np.full(3, 0.5)])
ASSIGNMENT, MULTIPLIERS = nearest_rays(LAYER.rows, LAYER.kept, LAYER.slopes)
BOUNDS = gain_bounds(layer_pair(LAYER, ASSIGNMENT, MULTIPLIERS))


def test_folds():
    assert wrong_fold(LAYER, ASSIGNMENT, MULTIPLIERS) == ""
    for assignment, multipliers in (
        (ASSIGNMENT, -MULTIPLIERS),
        (ASSIGNMENT, np.full(12, np.nan)),
        (ASSIGNMENT, np.full(12, np.inf)),
        (ASSIGNMENT[:-1], MULTIPLIERS),
        (ASSIGNMENT, MULTIPLIERS[:-1]),
        (ASSIGNMENT.astype(float), MULTIPLIERS),
        (np.full(12, 7), np.ones(12)),
        (np.full(12, 12), np.ones(12)),
    ):
        assert wrong_fold(LAYER, assignment, multipliers) == "the fold is none"
    assert "slope" in wrong_fold(LAYER, np.zeros(12, int), np.ones(12))


@pytest.mark.parametrize("name", ["balance", "centre_balance", "sector"])
def test_diagonals(name):
    given = getattr(BOUNDS, name)
    assert wrong_shape(BOUNDS, 12) == ""
    for bad in (-given, 0 * given, given * np.nan, given * np.inf, given[:-1], given[:, None], given * 2.0**-500):
        assert "diagonal" in wrong_shape(replace(BOUNDS, **{name: bad}), 12)


def test_columns():
    columns, shares = BOUNDS.columns, BOUNDS.shares
    swapped = columns.copy()
    swapped[[0, 1]] = swapped[[1, 0]]
    for bad in (
        columns[::-1].copy(),
        swapped,
        columns - 1 - columns[0],
        columns + 12,
        np.repeat(columns[:1], len(columns)),
    ):
        assert wrong_shape(replace(BOUNDS, columns=bad), 12) == "the columns are out of order"
    for change in ({"columns": columns[:-1]}, {"shares": shares[:-1]}, {"columns": columns.astype(float)}):
        assert wrong_shape(replace(BOUNDS, **change), 12) == "the columns are none"


def test_limits():
    assert within(np.array([1.0, 2.0]), (0.5, 3.0))
    assert not within(np.array([1.0, np.nan]), (0.5, 3.0))
