"""Inclusion probabilities add up, and the comb meets exactly as many rows, whatever rounding does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theoryprune.geometry.fixed_pps import chances_of, inclusion_probabilities, systematic


class Start:
    """A generator with a given start of the comb and the order as it is."""

    def __init__(self, start):
        self.start = start

    def random(self):
        return self.start

    def permutation(self, rows):
        return rows


@pytest.mark.parametrize("start", [0.0, 0.5, 1 - 2.0**-53])
def test_the_size_is_exact_for_every_start(start):
    for seed in range(400):
        rng = np.random.default_rng(seed)
        chances = chances_of(rng.lognormal(0, rng.uniform(0, 4), rng.integers(3, 300)))
        size = int(rng.integers(1, len(chances)))
        rows = systematic(inclusion_probabilities(chances, size), size, Start(start))
        assert len(rows) == size
        assert (np.diff(rows) > 0).all()


@given(st.lists(st.floats(1e-300, 1), min_size=2, max_size=40), st.data())
def test_inclusion_probabilities(scores, data):
    chances = chances_of(np.array(scores))
    size = data.draw(st.integers(1, len(chances) - 1))
    inclusion = inclusion_probabilities(chances, size)
    assert inclusion.sum() == pytest.approx(size, rel=1e-12)
    assert ((inclusion > 0) & (inclusion <= 1)).all()
    below = inclusion < 1
    factors = inclusion[below] / chances[below]
    assert np.allclose(factors, factors[0], rtol=1e-9)
    assert (chances[~below] * factors[0] >= 1 - 1e-8).all()


def test_nearly_certain_rows_are_certain():
    """Two rows whose probabilities would round to 1 one after the other: the comb could meet one of them twice."""
    inclusion = inclusion_probabilities(chances_of(np.array([1.0] * 999 + [1 - 1e-12, 1e-10])), 1000)
    assert (inclusion[:1000] == 1).sum() >= 998
    assert len(systematic(inclusion, 1000, np.random.default_rng(0))) == 1000


def test_known_answer():
    assert inclusion_probabilities(np.array([0.7, 0.1, 0.1, 0.1]), 2).tolist() == pytest.approx(
        [1, 1 / 3, 1 / 3, 1 / 3]
    )


def test_a_chance_never_vanishes():
    assert chances_of(np.array([1e308, 5e-324])).min() == 1e-300
