from dataclasses import replace

import pytest

from tests.coresets.curves import chain_cost, random_curve
from theoryprune.coresets import ALLOCATORS, Budget, allocate
from theoryprune.coresets.allocation_checks import is_allocation

SIZES = {"a": 12, "b": 7, "c": 9}
CURVES = [random_curve(name, n, i, smallest=2) for i, (name, n) in enumerate(SIZES.items())]
COST = chain_cost(SIZES)


@pytest.mark.parametrize("how", ALLOCATORS)
@pytest.mark.parametrize("budget", [Budget(params=0.5), Budget(params=1), Budget(error=3.0), Budget(error=0)])
def test_what_allocators_return(how, budget):
    assert is_allocation(allocate(CURVES, COST, budget, how), CURVES, COST)


def tampered(found):
    path = found.path
    moved = path.widths.copy()
    moved[3:, 0] += 1
    errors = path.errors.copy()
    errors[-1] *= 1 + 1e-15
    yield "another width", replace(found, widths={**found.widths, "a": found.widths["a"] + 1})
    yield "a row off the budget", replace(found, widths=path[-1].widths, spent=path[-1].cost, error=path[-1].error)
    yield "a cost one lower", replace(found, spent=found.spent - 1)
    yield "an error one digit lower", replace(found, error=found.error * (1 - 1e-15))
    yield "another total", replace(found, total=found.total + 1)
    yield "another budget", replace(found, budget=Budget(params=0.9))
    yield "another error budget", replace(found, budget=Budget(error=0.0))
    yield "widths moved", replace(found, path=replace(path, widths=moved))
    yield "costs moved", replace(found, path=replace(path, costs=(*path.costs[:-1], path.costs[-1] - 1)))
    yield "errors moved", replace(found, path=replace(path, errors=errors))
    yield (
        "a row left out",
        replace(found, path=replace(path, costs=path.costs[1:], errors=path.errors[1:], widths=path.widths[1:])),
    )
    yield "names swapped", replace(found, path=replace(path, names=("b", "a", "c")))
    yield "a thinned path", replace(found, path=path.thinned(4))


@pytest.mark.parametrize(
    "case", list(tampered(allocate(CURVES, COST, Budget(params=0.5)))), ids=lambda case: case[0].replace(" ", "-")
)
def test_what_was_tampered_with(case):
    assert not is_allocation(case[1], CURVES, COST)


def test_curves_of_other_limits():
    found = allocate(CURVES, COST, Budget(params=0.5))
    stricter = [replace(curve, smallest=4) for curve in CURVES]
    assert not is_allocation(found, stricter, COST)


def test_biases_that_are_added_count():
    def added(widths):
        return 30 if widths["a"] < SIZES["a"] else 0

    found = allocate(CURVES, COST, Budget(params=0.5), added=added)
    assert found.widths["a"] < SIZES["a"]
    assert is_allocation(found, CURVES, COST, added)
    assert not is_allocation(found, CURVES, COST)  # it could keep more
    assert not is_allocation(allocate(CURVES, COST, Budget(params=0.5)), CURVES, COST, added)  # too large with them
