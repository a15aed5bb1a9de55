"""The columns in extended precision, and what is said of those that do not fit."""

from dataclasses import replace

import numpy as np

from tests.bounds.layers import weights
from theoryprune.bounds.column_checks import Columns, columns_of, long_norms, unproved
from theoryprune.bounds.fold import nearest_rays
from theoryprune.bounds.gains import gain_bounds
from theoryprune.bounds.layer import as_layer
from theoryprune.bounds.pair import layer_pair


def test_the_columns_are_those_of_the_pair():
    V, W = weights("unequal")
    layer = as_layer(V, W, np.arange(6), 1.5 * V[:, :6])
    fold = nearest_rays(layer.rows, layer.kept, layer.slopes)
    pair = layer_pair(layer, *fold)
    bounds = gain_bounds(pair)
    found = columns_of(bounds, layer, *fold)
    assert isinstance(found, Columns)
    np.testing.assert_allclose(found.left, pair.left[:, found.places], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.right, pair.right[found.places], rtol=1e-9, atol=1e-12)
    assert unproved(bounds, {"product": 0.0}, found, 1.0, 1e-9) == ""
    assert unproved(bounds, {"product": 1e9}, found, 1.0, 1e-9).startswith("product is stated")


def test_what_does_not_fit_is_named():
    V, W = weights("gauss")
    layer = as_layer(V, W, np.arange(6), V[:, :6], np.r_[np.zeros(6), np.full(6, 0.5)])
    fold = nearest_rays(layer.rows, layer.kept, layer.slopes)
    bounds = gain_bounds(layer_pair(layer, *fold))
    assert columns_of(replace(bounds, schur=np.nan), layer, *fold) == "a bound is NaN or negative"
    assert columns_of(bounds, layer, fold[0], -fold[1]) == "the fold is none"
    assert "slope" in str(columns_of(bounds, layer, np.r_[np.arange(6), np.zeros(6, int)], np.ones(12)))
    assert "a diagonal" in str(columns_of(replace(bounds, balance=-bounds.balance), layer, *fold))


def test_norms_of_rows():
    assert long_norms(np.array([[3.0, 4.0]], dtype=np.longdouble))[0] == 5
