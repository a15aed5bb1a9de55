"""The bounds again from their diagonals."""

from dataclasses import replace

import numpy as np

from tests.bounds.layers import weights
from theoryprune.bounds.bound_checks import schur_again, wrong_bounds
from theoryprune.bounds.fold import nearest_rays
from theoryprune.bounds.gains import gain_bounds
from theoryprune.bounds.layer import as_layer
from theoryprune.bounds.pair import layer_pair


def test_true_bounds_pass_and_lower_ones_fail():
    V, W = weights("unequal")
    layer = as_layer(V, W, np.arange(6), V[:, :6])
    fold = nearest_rays(layer.rows, layer.kept, layer.slopes)
    bounds = gain_bounds(layer_pair(layer, *fold))
    assert wrong_bounds(bounds, layer, *fold, False, 1e-9) == ""
    lower = replace(bounds, product=bounds.product * (1 - 1e-6))
    assert wrong_bounds(lower, layer, *fold, False, 1e-9).startswith("product is stated")


def test_the_matrix_inequality_of_one_unit():
    # (T B)^2 / (4 (T - A^2)) at T = 2, A = 1, B = 3: the square of 3.
    one = np.ones((1, 1))
    assert abs(schur_again(one, 3 * one, np.zeros(1), np.array([2.0])) - 3) < 1e-14
    assert schur_again(1j * one, 3 * one, np.zeros(1), np.array([1.0])) == np.inf
