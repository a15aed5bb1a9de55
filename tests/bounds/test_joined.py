"""Sizes of sums, concatenations and single inputs, rounded up."""

import math

import pytest

from theoryprune.bounds.joined import joined, times_up
from theoryprune.layers import Add, Concat, ReLU


def test_products_know_zero_and_infinity():
    assert times_up(0.0, math.inf) == times_up(math.inf, 0.0) == 0
    assert times_up(2.0, math.inf) == math.inf
    assert times_up(1e-200, 1e-200) > 0
    assert 6 < times_up(2.0, 3.0) < 6 + 1e-13


def test_each_kind_joins_in_its_way():
    add, both = Add(name="a", inputs=("x", "y"), alpha=-2), Concat(name="c", inputs=("x", "y"))
    assert joined(add, math.sqrt(5), [1.0, 3.0]) == pytest.approx(7)
    assert joined(Add(name="a", inputs=("x", "y"), alpha=0), 1.0, [1.0, math.inf]) == pytest.approx(1)
    assert joined(both, 1.0, [3.0, 4.0]) == pytest.approx(5)
    assert joined(both, 1.0, [3.0, math.inf]) == math.inf
    assert joined(ReLU(name="r", inputs=("x",)), 1.0, [3.0]) == pytest.approx(3)
