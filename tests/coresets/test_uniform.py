"""Uniform samples keep sums on average."""

import numpy as np
import pytest

from tests.coresets.layer_kinds import layer
from theoryprune.coresets import random, uniform


def test_the_same_units_as_random_with_a_factor():
    rows, columns = layer("gauss")
    one, other = uniform(rows, columns, 6, seed=3), random(rows, columns, 6, seed=3)
    assert np.array_equal(one.kept, other.kept)
    assert np.array_equal(one.outgoing, 4 * other.outgoing)
    assert not one.deterministic


def test_sums_are_right_on_average():
    rows, columns = layer("gauss", n=8)
    generator, sums = np.random.default_rng(0), np.zeros((3, 8))
    for _ in range(4000):
        result = uniform(rows, columns, 3, seed=generator)
        sums[:, result.kept] += result.outgoing
    # n/m times columns taken with chance m/n: a standard deviation of sqrt(n/m - 1) per draw.
    assert np.abs(sums / 4000 - columns).max() <= 5 * np.sqrt(5 / 3 / 4000) * np.abs(columns).max()


def test_a_full_budget_is_the_identity():
    rows, columns = layer("gauss")
    assert np.array_equal(uniform(rows, columns, 24, seed=0).outgoing, columns)
    with pytest.raises(TypeError, match="seed must be"):
        uniform(rows, columns, 24, seed=1.0)
