import numpy as np
import pytest
import torch

import theoryprune as tp
from benchmarks.models import MODELS
from tests.coresets.curves import chain_cost, random_curve
from theoryprune.coresets.marginal import marginal
from theoryprune.coresets.removals import allowed_widths, every_width, follow
from theoryprune.measures import width_cost


def eager(curves, cost, price):
    """Price everything before every removal."""
    widths = {curve.name: curve.size for curve in curves}
    left = {curve.name: list(allowed_widths(curve, cost)) for curve in curves}
    rows = [dict(widths)]
    while any(sizes[1:] for sizes in left.values()):
        open_ones = [(price(c, left[c.name][-1], left[c.name][-2], widths), k) for k, c in enumerate(curves)
                     if left[c.name][1:]]  # fmt: skip
        name = curves[min(open_ones)[1]].name
        left[name].pop()
        widths[name] = left[name][-1]
        rows.append(dict(widths))
    return rows


def prices(cost):
    def price(curve, before, after, widths):
        return (curve.error(after) - curve.error(before)) / cost.saving(widths, curve.name, before - after)

    return price


@pytest.mark.parametrize("seed", range(10))
def test_lazy_prices_give_the_order_of_eager_ones(seed):
    sizes = {"a": 12, "b": 7, "c": 9}
    curves = [random_curve(name, n, seed + i) for i, (name, n) in enumerate(sizes.items())]
    cost = chain_cost(sizes)
    assert [row.widths for row in follow(curves, cost, prices(cost), every_width)] == eager(curves, cost, prices(cost))


def test_lazy_prices_on_residual_streams():
    with torch.device("meta"):
        model = MODELS["resnet20"]()
    cost = width_cost(tp.extract(model, model.example_shape), "macs")
    curves = [random_curve(name, n, i) for i, (name, n) in enumerate(cost.sizes.items())]
    assert [row.widths for row in follow(curves, cost, prices(cost), every_width)] == eager(curves, cost, prices(cost))


def test_costs_and_errors_are_those_of_the_widths():
    sizes = {"a": 12, "b": 7, "c": 9}
    curves = [random_curve(name, n, i, weight=i + 0.5) for i, (name, n) in enumerate(sizes.items())]
    path = marginal(curves, chain_cost(sizes))
    for row in path:
        assert row.cost == chain_cost(sizes).of(row.widths)
        assert row.error == pytest.approx(sum(c.error(row.widths[c.name]) for c in curves), rel=1e-15)
    assert (np.diff(path.errors) >= 0).all()


def test_widths_that_curve_and_cost_allow():
    with torch.device("meta"):
        model = MODELS["grouped_tiny"]()
    cost = width_cost(tp.extract(model, model.example_shape), "params")
    curve = random_curve("block1.conv1", 16, 0, multiple_of=6, smallest=5)
    assert cost.multiples["block1.conv1"] == 4
    assert allowed_widths(curve, cost) == (12, 16)
