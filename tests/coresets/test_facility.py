"""Greedy facility location: as good as promised, nested, and exactly the plain algorithm."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.coresets.layer_kinds import KINDS, layer, tri
from theoryprune.coresets import facility_location, fold, is_facility_order
from theoryprune.coresets.rays import masses, rays_of, sines


def plain_greedy(rows, columns):
    """All gains at every step."""
    mass, scale = masses(rows, columns)
    units = rays_of(rows).units
    costs = sines(units.copy(), units)  # a product with itself would be rounded in another way
    np.fill_diagonal(costs, 0)
    costs *= mass
    current, order, curve = mass.copy(), [], [mass.sum()]
    for _ in rows:
        gains = np.maximum(current - costs, 0).sum(axis=1)
        gains[~rows.any(axis=1)] = -1
        gains[order] = -2
        order.append(int(gains.argmax()))
        current = np.minimum(current, costs[order[-1]])
        curve.append(current.sum())
    return order, scale * np.array(curve)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("p", [1, 10])
@pytest.mark.parametrize("n", [9, 90])
def test_the_lazy_order_is_the_plain_one(kind, p, n):
    rows, columns = layer(kind, n=n, d=8, p=p)
    found = facility_location(rows, columns)
    order, curve = plain_greedy(rows, columns)
    assert found.order.tolist() == order
    assert np.array_equal(found.curve, curve)
    assert is_facility_order(found, rows, columns)


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_does_not_depend_on_memory(kind, monkeypatch):
    rows, columns = layer(kind, n=90)
    kept = facility_location(rows, columns)
    monkeypatch.setattr("theoryprune.coresets.facility._IN_MEMORY", 10)
    computed = facility_location(rows, columns)
    assert is_facility_order(computed, rows, columns)
    assert computed.curve == pytest.approx(kept.curve, rel=1e-9, abs=1e-12 * kept.curve[0])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("p", [1, 10])
def test_the_curve_is_nested_falls_to_zero_and_bounds_the_merge(kind, p):
    rows, columns = layer(kind, p=p)
    found = facility_location(rows, columns)
    assert (np.diff(found.curve) <= 0).all()
    assert found.curve[-1] == 0
    assert sorted(found.order) == list(range(len(rows)))
    for m in range(1, len(rows)):
        assert np.array_equal(facility_location(rows, columns, m).order, found.order[:m])
        bound = tri(fold(rows, columns, found.order[:m]), rows, columns)
        assert bound == pytest.approx(found.curve[m], rel=1e-6, abs=1e-14 * found.curve[0])


@given(st.sampled_from(KINDS), st.integers(2, 8), st.integers(1, 5), st.sampled_from([1, 3]), st.integers(0, 10**6))
def test_at_least_63_per_cent_of_the_best_saving(kind, n, d, p, seed):
    rows, columns = layer(kind, n=n, d=d, p=p, seed=seed)
    curve = facility_location(rows, columns).curve
    for m in range(1, n):
        best = min(tri(fold(rows, columns, list(chosen)), rows, columns) for chosen in combinations(range(n), m))
        assert curve[0] - curve[m] >= (1 - 1 / np.e) * (curve[0] - best) - 1e-12 * curve[0]


def test_the_brute_force_at_ten_units():
    rows, columns = layer("clustered", n=10, d=4)
    curve = facility_location(rows, columns).curve
    for m in (2, 5, 8):
        best = min(tri(fold(rows, columns, list(c)), rows, columns) for c in combinations(range(10), m))
        assert curve[0] - curve[m] >= (1 - 1 / np.e) * (curve[0] - best)


def test_zero_rows_come_last_and_duplicates_cost_nothing():
    rows = np.array([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0], [0.0, 0.0], [0.0, 1.0]])
    found = facility_location(rows, np.ones((1, 5)))
    assert found.order.tolist() == [1, 4, 2, 0, 3]
    assert found.curve.tolist() == [5, 1, 0, 0, 0, 0]


@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_any_magnitude(scale):
    rows, columns = layer("clustered")
    one, other = facility_location(rows, columns), facility_location(rows * scale, columns)
    assert np.array_equal(one.order, other.order)
    assert other.curve == pytest.approx(one.curve * scale, rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_positive_rescaling_of_units_changes_nothing(kind):
    rows, columns = layer(kind)
    factors = 2.0 ** np.random.default_rng(1).integers(-6, 7, len(rows))
    one = facility_location(rows, columns)
    other = facility_location(rows * factors[:, None], columns / factors)
    assert np.array_equal(one.order, other.order)
    assert other.curve == pytest.approx(one.curve, rel=1e-12, abs=1e-13 * one.curve[0])


def test_a_permutation_of_units_permutes_the_order():
    rows, columns = layer("gauss")
    turn = np.random.default_rng(2).permutation(len(rows))
    one, other = facility_location(rows, columns), facility_location(rows[turn], columns[:, turn])
    assert np.array_equal(turn[other.order], one.order)


def test_nothing_to_serve():
    assert facility_location(np.zeros((3, 2)), np.ones((1, 3))).curve.tolist() == [0, 0, 0, 0]
    assert facility_location(np.eye(3), np.zeros((1, 3))).order.tolist() == [0, 1, 2]


def test_copies_have_no_rays():
    """A double is as far from a row as the row is long; its own copy costs nothing."""
    rows = np.array([[1.0, 0.0], [2.0, 0.0], [1.0, 0.0], [0.0, 4.0]])
    found = facility_location(rows, np.ones((1, 4)), copies=True)
    assert found.order.tolist() == [3, 0, 1, 2]
    assert found.curve.tolist() == [8, 4, 1, 0, 0]


@pytest.mark.parametrize("seed", range(3))
def test_the_curve_of_copies_is_the_bound_of_folding_copies(seed):
    rows, columns = np.random.default_rng(seed).standard_normal((2, 12, 4))
    columns = columns.T
    found = facility_location(rows, columns, copies=True)
    for size in (1, 4, 9, 12):
        result = fold(rows, columns, found.order[:size], copies=True)
        gone = np.setdiff1d(np.arange(12), result.kept)
        bound = np.linalg.norm(columns[:, gone], axis=0) @ np.linalg.norm(result.merging.residuals, axis=1)
        assert found.curve[size] == pytest.approx(bound, abs=1e-12)
