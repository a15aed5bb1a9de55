import pytest

from tests.coresets.curves import best_errors, chain_cost, linear_cost, random_curve
from theoryprune.coresets import Budget, ErrorCurve, allocate
from theoryprune.coresets.curve import hull
from theoryprune.coresets.marginal import marginal


@pytest.mark.parametrize("seed", range(30))
def test_one_saving_for_all_is_optimal(seed):
    """Law 17: brute force on two layers with convex curves; every budget."""
    sizes = {"a": 7, "b": 9}
    curves = [random_curve("a", 7, seed, weight=0.3), random_curve("b", 9, seed + 100)]
    cost = linear_cost(sizes, (3, 3))
    every = best_errors(curves, cost)
    for row in marginal(curves, cost):
        assert row.error <= every[every[:, 0] <= row.cost, 1].min() * (1 + 1e-12)


@pytest.mark.parametrize("seed", range(30))
def test_savings_that_differ_are_optimal_among_networks_no_larger(seed):
    sizes = {"a": 7, "b": 9, "c": 4}
    curves = [random_curve(name, n, seed * 10 + i) for i, (name, n) in enumerate(sizes.items())]
    cost = linear_cost(sizes, (3, 2, 5))
    every = best_errors(curves, cost)
    for row in marginal(curves, cost):
        assert row.error <= every[every[:, 0] <= row.cost, 1].min() * (1 + 1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_curves_that_are_not_convex_are_optimal_at_the_ends_of_segments(seed):
    sizes = {"a": 7, "b": 9}
    curves = [random_curve("a", 7, seed, convex=False), random_curve("b", 9, seed + 50, convex=False)]
    cost = linear_cost(sizes, (1, 1))
    every = best_errors(curves, cost)
    corners = [set(hull(curve, curve.sizes)) for curve in curves]
    ends = [row for row in marginal(curves, cost) if all(map(set.__contains__, corners, row.widths.values()))]
    assert len(ends) >= sum(len(corner) - 1 for corner in corners) + 1
    for row in ends:
        assert row.error <= every[every[:, 0] <= row.cost, 1].min() * (1 + 1e-12)


def test_a_segment_once_begun_is_finished():
    """The jump of a at 1 makes its first two channels dear; b goes between only where it is cheaper."""
    curves = [ErrorCurve("a", [9, 4, 4, 4, 0]), ErrorCurve("b", [9, 7, 5, 2, 0])]
    path = marginal(curves, linear_cost({"a": 4, "b": 4}, (1, 1)))
    assert [tuple(row.widths.values()) for row in path][:5] == [(4, 4), (3, 4), (2, 4), (1, 4), (1, 3)]


def test_a_small_layer_beside_a_large_one_is_dearer():
    """The same curve twice: what saves more parameters goes first, until its neighbour has become narrow."""
    curves = [random_curve("a", 8, 0), random_curve("b", 8, 0)]
    found = allocate(curves, chain_cost({"a": 8, "b": 8}, first=40, last=1), Budget(params=0.6))
    assert found.widths["a"] < found.widths["b"]
