import numpy as np
import pytest

from tests.coresets.curves import linear_cost, random_curve
from theoryprune.coresets import Budget, ErrorCurve, allocate
from theoryprune.coresets.global_eps import absolute_eps, global_eps


def widths_of(curves, eps, scale):
    return {c.name: next(m for m in c.sizes if c.errors[m] * scale(c) <= eps) for c in curves}


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(
    ("allocator", "scale"),
    [(global_eps, lambda c: 1 / c.errors[0]), (absolute_eps, lambda c: c.weight)],
    ids=["relative", "absolute"],
)
def test_the_path_passes_through_the_widths_of_every_eps(allocator, scale, seed):
    sizes = {"a": 7, "b": 19, "c": 4}
    curves = [random_curve(name, n, seed * 10 + i, weight=1 + i) for i, (name, n) in enumerate(sizes.items())]
    path = [row.widths for row in allocator(curves, linear_cost(sizes, (1, 2, 3)))]
    for eps in np.linspace(0, 1.01, 60) * (1 if allocator is global_eps else 20):
        assert widths_of(curves, eps, scale) in path


def test_weights_cancel_in_the_relative_form():
    sizes = {"a": 7, "b": 9}
    cost, budget = linear_cost(sizes, (1, 2)), Budget(params=0.5)
    light = [random_curve("a", 7, 0), random_curve("b", 9, 1)]
    heavy = [random_curve("a", 7, 0, weight=100), random_curve("b", 9, 1)]
    assert allocate(light, cost, budget, "global_eps").widths == allocate(heavy, cost, budget, "global_eps").widths
    assert (
        allocate(light, cost, budget, "absolute_eps").widths["a"]
        < allocate(heavy, cost, budget, "absolute_eps").widths["a"]
    )


def test_a_group_without_error_goes_first():
    curves = [random_curve("a", 4, 0), ErrorCurve("b", np.zeros(4))]
    path = global_eps(curves, linear_cost({"a": 4, "b": 3}, (1, 1)))
    assert [row.widths["b"] for row in path][:3] == [3, 2, 1]
