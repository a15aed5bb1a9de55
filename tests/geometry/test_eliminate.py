"""The kernel keeps the sums, leaves few rows, and a cost does not grow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import theoryprune.geometry.eliminate as kernel
from theoryprune.geometry.eliminate import eliminate, eliminate_dependent, numerical_rank

RNG = np.random.default_rng


def problem(seed, k, c, rank):
    rng = RNG(seed)
    return rng.standard_normal((k, rank)) @ rng.standard_normal((rank, c)), rng.random(k), rng.random(k) + 0.1


@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 12), st.integers(1, 12), st.booleans())
def test_the_sums_stay_and_few_rows_are_left(seed, k, c, rank, priced):
    rows, weights, cost = problem(seed, k, c, min(rank, c))
    indices, found = eliminate(rows, weights, cost if priced else None)
    assert len(indices) <= min(k, c)
    assert len(set(indices.tolist())) == len(indices) == len(found)
    assert (found > 0).all()
    size = max(weights.sum(), found.sum()) * np.abs(rows).max()
    assert np.abs(found @ rows[indices] - weights @ rows).max() <= 1e-12 * size
    if priced:
        assert found @ cost[indices] <= weights @ cost * (1 + 1e-12)


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 10), st.integers(1, 10))
def test_what_is_left_is_independent(seed, k, c, rank):
    rows, weights, _ = problem(seed, k, c, min(rank, c))
    rows = np.column_stack([rows, np.ones(k)])  # so that no weight can grow without bound
    indices, found = eliminate_dependent(rows, weights)
    assert len(indices) == numerical_rank(rows[indices]) <= min(c, rank) + 1
    assert found @ rows[indices] == pytest.approx(weights @ rows, abs=1e-11 * weights.sum() * np.abs(rows).max())


def test_without_a_surplus_nothing_changes():
    rows, weights = np.eye(3), np.array([1.0, 0.0, 2.0])
    indices, found = eliminate(rows, weights)
    assert (indices.tolist(), found.tolist()) == ([0, 2], [1, 2])


def test_the_inputs_stay_as_they_are():
    rows, weights, cost = problem(1, 30, 4, 4)
    copies = rows.copy(), weights.copy(), cost.copy()
    eliminate(rows, weights, cost)
    eliminate_dependent(rows, weights, cost)
    assert all((a == b).all() for a, b in zip(copies, (rows, weights, cost), strict=True))


@given(st.integers(0, 10**6), st.integers(2, 40))
def test_ties_need_no_care(seed, k):
    """Zeros and ones: many weights reach 0 at once."""
    rng = RNG(seed)
    rows = np.column_stack([rng.integers(0, 2, (k, 4)), np.ones(k)]).astype(float)
    indices, found = eliminate(rows, np.ones(k))
    assert len(indices) <= 5
    assert found @ rows[indices] == pytest.approx(rows.sum(axis=0), abs=1e-12 * k)


def test_the_cheapest_of_parallel_rows_stays():
    """One column: all weight goes where it costs least, for every exchange lowers the cost."""
    rows, cost = np.ones((5, 1)), np.array([3.0, 2.0, 1.0, 4.0, 5.0])
    indices, found = eliminate(rows, np.ones(5), cost)
    assert found.tolist() == pytest.approx([5])
    assert cost[indices] @ found <= 15


@pytest.mark.parametrize(("rows", "rank"), [(np.eye(3), 3), (np.ones((4, 2)), 1), (np.diag([1.0, 1e-17]), 1)])
def test_numerical_rank(rows, rank):
    assert numerical_rank(rows) == rank


@pytest.mark.parametrize("priced", [False, True])
def test_rows_without_weight_never_come_in_without_a_cost_and_do_no_harm_with_one(priced):
    rng = RNG(4)
    rows, weights = np.column_stack([rng.standard_normal((30, 3)), np.ones(30)]), np.zeros(30)
    weights[::5] = rng.random(6)
    cost = rng.random(30) + 0.1
    indices, found = eliminate(rows, weights, cost if priced else None)
    assert len(indices) <= 4
    assert found @ rows[indices] == pytest.approx(weights @ rows, abs=1e-13)
    assert not priced or found @ cost[indices] <= weights @ cost * (1 + 1e-12)


@pytest.mark.parametrize("noise", [0.0, 1e-17, 1e-13])
def test_what_rounding_leaves_of_a_zero_is_no_pivot(noise):
    """Rows in two planes that meet in the last axis only: the coefficients across are 0, up to noise."""
    rng = RNG(5)
    first = np.column_stack([rng.standard_normal((20, 2)), np.zeros((20, 2)), np.ones(20)])
    second = np.column_stack([np.zeros((20, 2)), rng.standard_normal((20, 2)), np.ones(20)])
    rows = np.vstack([first, second]) + noise * rng.standard_normal((40, 5))
    weights = rng.random(40) * 10.0 ** rng.integers(-9, 1, 40)
    indices, found = eliminate(rows, weights)
    assert len(indices) <= 5
    assert np.abs(found @ rows[indices] - weights @ rows).max() <= 1e-14 * weights.sum() * np.abs(rows).max()


def test_the_rows_left_go_together(monkeypatch):
    """With a mass in every row exchanges are few: 200 rows of 10 columns need a fraction of 190."""
    exchanges = []
    exchange = kernel._exchange
    monkeypatch.setattr(kernel, "_exchange", lambda *args: exchanges.append(1) or exchange(*args))
    rows = np.column_stack([RNG(6).standard_normal((200, 9)), np.full(200, 3.0)])
    indices, _ = eliminate(rows, np.ones(200))
    assert len(indices) <= 10
    assert len(exchanges) < 30
