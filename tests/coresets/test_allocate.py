from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import theoryprune as tp
from benchmarks.models import MODELS
from tests.coresets.curves import chain_cost, linear_cost, random_curve
from theoryprune.coresets import ALLOCATORS, Budget, ErrorCurve, allocate
from theoryprune.coresets.allocation_checks import is_allocation
from theoryprune.errors import BudgetError
from theoryprune.measures import width_cost

SIZES = {"a": 12, "b": 7, "c": 9}


def curves_of(sizes, seed=0, **options):
    return [random_curve(name, n, seed + i, **options) for i, (name, n) in enumerate(sizes.items())]


def network(name, quantity):
    with torch.device("meta"):
        model = MODELS[name]()
    cost = width_cost(tp.extract(model, model.example_shape), quantity)
    return curves_of(cost.sizes), cost


@pytest.mark.parametrize("how", ALLOCATORS)
@pytest.mark.parametrize(
    ("name", "quantity"), [("resnet20", "params"), ("mobile_tiny", "macs"), ("dense_tiny", "params"),
                           ("grouped_tiny", "channels"), ("resnet20_a", "params")],
)  # fmt: skip
def test_budgets_of_networks_are_used_up_to_one_removal(how, name, quantity):
    curves, cost = network(name, quantity)
    before = None
    for fraction in (0.35, 0.5, 0.75, 1):
        try:
            found = allocate(curves, cost, Budget(**{quantity: fraction}), how)
        except BudgetError:
            assert name == "resnet20_a"  # its stages are tied and stay
            continue
        assert is_allocation(found, curves, cost)
        assert found.spent <= fraction * found.total
        assert before is None or all(found.widths[group] >= before[group] for group in before)
        before = found.widths
    assert before == cost.sizes


@pytest.mark.parametrize("how", ALLOCATORS)
def test_an_error_budget_and_a_size_budget_meet_on_one_path(how):
    curves, cost = curves_of(SIZES), chain_cost(SIZES)
    for fraction in np.linspace(0.1, 1, 10):
        by_size = allocate(curves, cost, Budget(params=fraction), how)
        by_error = allocate(curves, cost, Budget(error=by_size.error), how)
        assert is_allocation(by_error, curves, cost)
        assert by_error.spent <= by_size.spent
        assert by_error.error <= by_size.error


def test_an_error_of_zero_removes_what_is_free():
    curves = [ErrorCurve("a", [2, 0, 0, 0]), random_curve("b", 4, 0)]
    assert allocate(curves, linear_cost({"a": 3, "b": 4}, (1, 1)), Budget(error=0)).widths == {"a": 1, "b": 4}


@pytest.mark.parametrize("how", ALLOCATORS)
def test_smallest_widths_and_multiples_are_kept(how):
    sizes = {"a": 20, "b": 16}
    curves = curves_of(sizes, smallest=5, multiple_of=4)
    cost = chain_cost(sizes)
    least = cost.of({"a": 8, "b": 8})
    found = allocate(curves, cost, Budget(params=(least + 0.5) / cost.total), how)
    assert found.widths == {"a": 8, "b": 8}
    with pytest.raises(BudgetError, match=f"the smallest network has {least}. Ask for params=") as raised:
        allocate(curves, cost, Budget(params=(least - 0.5) / cost.total), how)
    advised = float(str(raised.value).split("params=")[2].split(" ")[0])
    assert allocate(curves, cost, Budget(params=advised), how).spent == least  # the advice can be followed


def test_groups_without_a_curve_stay():
    found = allocate(curves_of({"b": 7}), chain_cost(SIZES), Budget(params=0.8))
    assert set(found.widths) == {"b"}
    assert found.spent == chain_cost(SIZES).of(found.widths)


def test_nothing_to_reduce():
    with pytest.raises(BudgetError, match="no channel group can be reduced"):
        allocate([], chain_cost(SIZES), Budget(params=0.5))


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"how": "best"}, ValueError, "how must be one of marginal, global_eps, absolute_eps, uniform, got 'best'"),
        ({"budget": 0.5}, TypeError, "budget must be a Budget, such as Budget\\(params=0.5\\), got 0.5"),
        ({"budget": Budget(macs=0.5)}, ValueError, "cost counts params, the budget macs"),
        ({"curves": [random_curve("a", 3, 0)]}, ValueError, "'a' has 3 channels, the cost 12"),
        ({"curves": [random_curve("x", 3, 0)]}, ValueError, "'x' has 3 channels, the cost no such group"),
        ({"curves": [random_curve("a", 12, 0)] * 2}, ValueError, "curves must have one name each"),
    ],
)
def test_bad_arguments(change, error, match):
    arguments = {"curves": curves_of(SIZES), "cost": chain_cost(SIZES), "budget": Budget(params=0.5)}
    with pytest.raises(error, match=match):
        allocate(**{**arguments, **change})


@given(
    st.lists(st.lists(st.floats(0, 10), min_size=1, max_size=6), min_size=1, max_size=4),
    st.sampled_from(sorted(ALLOCATORS)),
    st.floats(0.01, 1),
    st.floats(0.01, 1),
)
def test_any_gains(gains, how, low, high):
    """Exact spend, nested widths and errors in order, the same twice; whatever the curves, ties and zeros included."""
    low, high = sorted((low, high))
    curves = [ErrorCurve(f"{i}", np.append(np.cumsum(g)[::-1], 0.0)) for i, g in enumerate(gains)]
    cost = chain_cost({curve.name: curve.size for curve in curves})
    found = []
    for fraction in (low, high):
        try:
            found.append(allocate(curves, cost, Budget(params=fraction), how))
        except BudgetError:
            assert cost.of({curve.name: curve.sizes[0] for curve in curves}) > fraction * cost.total
        else:
            assert is_allocation(found[-1], curves, cost)
            assert found[-1].widths == allocate(curves, cost, Budget(params=fraction), how).widths
    if len(found) == 2:
        assert all(found[0].widths[name] <= found[1].widths[name] for name in found[0].widths)
        assert found[0].error >= found[1].error


def test_the_order_of_ties_is_that_of_the_curves():
    curves = [ErrorCurve(name, [3, 2, 1, 0]) for name in "ab"]
    cost = linear_cost({"a": 3, "b": 3}, (1, 1))
    assert [tuple(row.widths.values()) for row in allocate(curves, cost, Budget(params=1)).path] == [
        (3, 3), (2, 3), (1, 3), (1, 2), (1, 1),
    ]  # fmt: skip


def test_nothing_given_is_changed():
    curves, cost = curves_of(SIZES), chain_cost(SIZES)
    errors = [curve.errors.copy() for curve in curves]
    found = allocate(curves, cost, Budget(params=0.5))
    assert all(np.array_equal(curve.errors, kept) for curve, kept in zip(curves, errors, strict=True))
    assert replace(found, widths={}) is not found
