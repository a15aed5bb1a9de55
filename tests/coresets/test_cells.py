from itertools import product

import numpy as np
import pytest

from tests.coresets.curves import chain_cost, linear_cost, random_curve
from theoryprune.coresets.cells import cells_of


@pytest.mark.parametrize("plane", [None, 0, -1])
@pytest.mark.parametrize("count", [12, 40])
def test_error_and_cost_are_bounded_on_every_cell(count, plane):
    """Every choice of widths lies in some cell, the number of which is found from the largest widths."""
    sizes = {"a": 40, "b": 33}
    curves = [random_curve(name, n, i, convex=False, smallest=1) for i, (name, n) in enumerate(sizes.items())]
    cost = chain_cost(sizes)
    cells = cells_of(curves, cost, {"a": 10, "b": 30}, count, plane)
    fine = cells_of(curves, cost, {"a": 10, "b": 30}, 40)
    assert all(len(table) <= count for table in cells.errors.values())
    assert {len(table) for table in fine.errors.values()} == {40, 33}
    for a, b in product(range(1, 41, 3), range(1, 34, 2)):
        widths = {"a": a, "b": b}
        place = {}
        for curve in curves:  # errors fall strictly: a cell holds the widths whose error is at least its own
            place[curve.name] = int((cells.errors[(curve.name,)] > curve.errors[widths[curve.name]]).sum())
        error = sum(cells.errors[(name,)][place[name]] for name in sizes)
        bound = cells.constant + sum(table[tuple(place[v] for v in key)] for key, table in cells.costs.items())
        assert error <= sum(curve.error(widths[curve.name]) for curve in curves)
        assert bound <= cost.of(widths) * (1 + 1e-12)
        if plane is None and count == 40:
            assert bound == pytest.approx(cost.of(widths), rel=1e-12)


def test_cells_near_the_centre_hold_one_width():
    curve = random_curve("a", 500, 0, smallest=1)
    errors = cells_of([curve], linear_cost({"a": 500}, (1,)), {"a": 200}, 64).errors[("a",)]
    assert len(errors) <= 64
    assert np.isin(curve.errors[195:206], errors).all()


def test_the_price_at_the_centre():
    curve = random_curve("a", 50, 0)
    cells = cells_of([curve], linear_cost({"a": 50}, (4,)), {"a": 20}, 64)
    assert cells.price == pytest.approx((curve.errors[19] - curve.errors[20]) / 4)
