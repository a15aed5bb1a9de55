"""Units at random: each with the same chance, reproducibly."""

import numpy as np
import pytest

from tests.coresets.layer_kinds import KINDS, layer, same
from theoryprune.coresets import is_fold, random, random_merge


@pytest.mark.parametrize("kind", KINDS)
def test_units_stay_as_they_are_or_are_folded(kind):
    rows, columns = layer(kind)
    one, other = random(rows, columns, 9, seed=3), random_merge(rows, columns, 9, seed=3)
    assert np.array_equal(one.kept, other.kept)
    assert np.array_equal(one.outgoing, columns[:, one.kept])
    assert is_fold(other, rows, columns)
    assert not one.deterministic
    assert not other.deterministic


def test_each_unit_has_the_same_chance():
    rows, columns = layer("gauss", n=8)
    generator = np.random.default_rng(0)
    counts = np.zeros(8)
    for _ in range(2000):
        counts[random(rows, columns, 3, seed=generator).kept] += 1
    assert counts / 2000 == pytest.approx(np.full(8, 3 / 8), abs=5 * np.sqrt(3 / 8 * 5 / 8 / 2000))


def test_seeds():
    rows, columns = layer("gauss")
    assert same(random(rows, columns, 9, seed=3), random(rows, columns, 9, seed=np.random.default_rng(3)))
    assert not same(random(rows, columns, 9, seed=3), random(rows, columns, 9, seed=4))
    with pytest.raises(TypeError, match="seed must be"):
        random(rows, columns, 9, seed=None)


def test_a_full_budget_draws_nothing():
    generator = np.random.default_rng(0)
    random(*layer("gauss"), 24, seed=generator)
    random_merge(*layer("gauss"), 24, seed=generator)
    assert generator.random() == np.random.default_rng(0).random()
