"""How many different rows draws meet: closed forms, monotone, and the inverse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theoryprune.geometry import draws_for_distinct, expected_distinct, sample_coreset


def test_closed_forms():
    assert expected_distinct([5.0], 3) == 1
    assert expected_distinct([1, 1, 0], 2) == 1.5
    assert expected_distinct(np.ones(100), 100) == pytest.approx(100 * (1 - 0.99**100), rel=1e-12)
    assert expected_distinct([1, 1e-200], 7) == pytest.approx(1)


@given(st.lists(st.floats(0.01, 10), min_size=2, max_size=20), st.data())
def test_the_inverse_is_the_least_number(scores, data):
    rows = data.draw(st.integers(1, len(scores) - 1))
    draws = draws_for_distinct(scores, rows)
    assert expected_distinct(scores, draws) >= rows
    assert draws == 1 or expected_distinct(scores, draws - 1) < rows


def test_what_is_drawn():
    scores = np.random.default_rng(0).lognormal(0, 1, 50)
    draws = draws_for_distinct(scores, 20)
    met = [len(sample_coreset(scores, draws, "iid", seed=s).indices) for s in range(400)]
    assert np.mean(met) == pytest.approx(expected_distinct(scores, draws), abs=5 * np.std(met) / 20)


def test_what_is_out_of_reach():
    with pytest.raises(ValueError, match="positive score, 2"):
        draws_for_distinct([1, 1, 0], 2)
    with pytest.raises(ValueError, match="unequal"):
        draws_for_distinct([1, 1e-40, 1e-40], 2)
    with pytest.raises(ValueError, match="budget"):
        draws_for_distinct([1, 1], 0)
    with pytest.raises(TypeError, match="draws"):
        expected_distinct([1, 1], 2.0)
