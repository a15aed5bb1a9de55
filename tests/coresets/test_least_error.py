import sys

import numpy as np
import pytest
import torch

import theoryprune as tp
from benchmarks.models import MODELS
from tests.coresets.curves import best_errors, chain_cost, linear_cost, random_curve
from theoryprune.coresets import Budget, ErrorCurve, allocate, least_error
from theoryprune.errors import BudgetError
from theoryprune.measures import WidthCost, width_cost


def entangled_cost(sizes):
    """Every group tied to every other and to itself."""
    names = list(sizes)
    terms = {tuple(sorted(((a, 0), (b, 0)))): i + 1 for i, a in enumerate(names) for b in names[i:]}
    ones = dict.fromkeys(sizes, 1)
    return WidthCost("params", sizes, ones, ones, terms, {name: (range(n + 1),) for name, n in sizes.items()})


COSTS = {
    "linear": lambda sizes: linear_cost(sizes, (3, 2, 1)),
    "chain": chain_cost,
    "entangled": entangled_cost,
}


@pytest.mark.parametrize("planes", [False, True])
@pytest.mark.parametrize("kind", COSTS)
@pytest.mark.parametrize("seed", range(12))
def test_no_choice_of_widths_is_below_it(kind, seed, planes, monkeypatch):
    """By brute force, over every budget; also where products are bounded by planes."""
    if planes:
        monkeypatch.setattr(sys.modules["theoryprune.coresets.least_error"], "_FEWEST", 10**9)
    draw = np.random.default_rng(seed)
    sizes = {name: int(draw.integers(1, 9)) for name in "abc"}
    curves = [random_curve(name, n, seed * 7 + i, convex=bool(seed % 2)) for i, (name, n) in enumerate(sizes.items())]
    cost = COSTS[kind](sizes)
    every = best_errors(curves, cost)
    for limit in sorted({int(c) for c in every[:, 0]})[::5]:
        best = every[every[:, 0] <= limit, 1].min()
        assert least_error(curves, cost, limit) <= best
        assert least_error(curves, cost, limit, sizes) <= best


@pytest.mark.parametrize("fraction", [0.25, 0.5, 0.75])
def test_it_is_attained_where_the_allocation_is_optimal(fraction):
    """Convex curves and one saving for all: nothing is lost, and the bound proves it."""
    sizes = {"a": 30, "b": 500, "c": 7}
    curves = [random_curve(name, n, i, smallest=1) for i, (name, n) in enumerate(sizes.items())]
    cost = linear_cost(sizes, (2, 2, 2))
    found = allocate(curves, cost, Budget(params=fraction))
    bound = least_error(curves, cost, found.spent, found.widths)
    assert found.error * (1 - 1e-6) <= bound <= found.error


@pytest.mark.parametrize(
    ("name", "quantity", "least"),
    [("lenet_300_100", "params", 0.9), ("vgg11_bn", "macs", 0.95), ("resnet20", "params", 0.93),
     ("mobile_tiny", "macs", 0.9), ("dense_tiny", "params", 0.8),
     pytest.param("resnet50_224", "params", 0.93, marks=pytest.mark.slow)],
)  # fmt: skip
def test_how_far_from_the_optimum_networks_are(name, quantity, least):
    """On convex random curves the marginal allocation loses a few percent at most; measured, not a law."""
    with torch.device("meta"):
        model = MODELS[name]()
    cost = width_cost(tp.extract(model, model.example_shape), quantity)
    curves = [random_curve(group, n, i) for i, (group, n) in enumerate(cost.sizes.items())]
    found = allocate(curves, cost, Budget(**{quantity: 0.5}))
    bound = least_error(curves, cost, found.budget.limit(found.total), found.widths)
    assert least * found.error <= bound <= found.error
    assert least_error(curves, cost, found.budget.limit(found.total)) <= found.error


def test_nothing_to_lose_and_nothing_left():
    curves = [ErrorCurve("a", np.zeros(5)), random_curve("b", 4, 0)]
    cost = linear_cost({"a": 4, "b": 4}, (1, 1))
    assert least_error(curves, cost, cost.total) == 0
    assert least_error(curves, cost, 5) == 0
    with pytest.raises(BudgetError):
        least_error(curves, cost, 1)
