"""Triangle and product bounds on known pairs."""

import numpy as np
import pytest

from theoryprune.bounds.pair import Pair
from theoryprune.bounds.tri_prod import balances, product_bound, triangle_bound


def pair_of(left, right, slope=0.0):
    k = len(right)
    return Pair(
        np.asarray(left, float), np.asarray(right, float), np.full(k, slope), 0.0, 0, np.arange(k), np.zeros(k, int)
    )


def test_orthonormal_rows_and_one_output_are_exact():
    pair = pair_of([[0.5, 0.7, 0.1]], np.eye(3))
    best = min(product_bound(pair, balance) for balance in balances(pair))
    assert best == pytest.approx(np.linalg.norm([0.5, 0.7, 0.1]), rel=1e-8)
    assert triangle_bound(pair) == pytest.approx(1.3)


def test_nonnegative_inputs_help_the_triangle():
    pair = pair_of([[1.0]], [[3.0, -4.0]])
    assert triangle_bound(pair) == pytest.approx(5)
    assert triangle_bound(pair, nonnegative=True) == pytest.approx(4)


def test_weights_scale_the_columns():
    pair = pair_of([[1.0, 1.0]], np.eye(2))
    assert product_bound(pair, np.ones(2), np.array([0.5, 0.5])) == pytest.approx(np.sqrt(0.5))
