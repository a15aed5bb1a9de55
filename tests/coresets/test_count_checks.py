"""Widths, costs and budgets that were changed are told by the checker, with what is wrong."""

from dataclasses import replace

import numpy as np
import pytest
from torch import nn

from tests.coresets.nets import model_graph, sequential_graph
from tests.coresets.reductions import convolutions, with_coreset
from theoryprune.coresets import Budget, apply_coreset, is_reduction, reduce


@pytest.fixture(scope="module")
def dense():
    return reduce(model_graph("digits_mlp"), 0.5, effort="fast")


@pytest.fixture(scope="module")
def mixed():
    return reduce(convolutions(), Budget(params=0.5), effort="fast")


@pytest.mark.parametrize("kept", [[0, 0, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3, 4, 5, 6, 99], [1, 0, 2, 3, 4, 5, 6, 7]])
def test_units_that_are_none(dense, kept):
    part = replace(dense.coresets["fc1"].readings[0], kept=np.array(kept))
    found = is_reduction(with_coreset(dense, "fc1", kept=np.array(kept), readings=(part,)))
    assert "the units kept are no ascending numbers of units" in found.reason


def changed_plan(result, **changes):
    return replace(result, plan=replace(result.plan, **changes))


def test_counts_and_budgets(mixed):
    plan = mixed.plan
    divided = plan.allocation
    first, *rest = plan.layers
    cases = {
        "are stated, the small network has": changed_plan(mixed, spent=plan.spent - 1),
        "of 1 params are stated": changed_plan(mixed, total=1),
        "channels are stated, it keeps": changed_plan(mixed, layers=(replace(first, after=first.after - 1), *rest)),
        "otherwise of the kind of group": changed_plan(mixed, layers=(replace(first, kind="stream"), *rest)),
        "or of what was done with it": changed_plan(mixed, layers=(replace(first, method="uniform"), *rest)),
        "are not those of the removable groups": changed_plan(mixed, layers=tuple(rest)),
        "is exceeded": changed_plan(mixed, allocation=replace(divided, budget=Budget(params=0.1))),
        "counts something else": changed_plan(mixed, allocation=replace(divided, total=1)),
        "is not that of its curve": changed_plan(mixed, allocation=replace(divided, error=divided.error / 2)),
        "does not lie on its curve": changed_plan(mixed, allocation=replace(divided, spent=divided.spent - 1)),
        "widths are not those of the allocation": changed_plan(
            mixed, allocation=replace(divided, widths={**divided.widths, first.group: first.after - 1})
        ),
    }  # fmt: skip
    for message, tampered in cases.items():
        assert message in is_reduction(tampered).reason


def test_means_that_batch_norms_do_not_tell():
    """Also where graph and means agree: the row says that the mean is the one that batch norms tell."""
    graph = sequential_graph(nn.Linear(3, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 2), shape=(3,))
    result = reduce(graph, 0.5, bias_correction=True, certify=False)
    (mean,) = result.coresets["0"].means
    assert is_reduction(result)
    for other in (mean + 1, mean * float("nan")):
        changed = with_coreset(result, "0", means=(other,))
        if np.isfinite(other).all():
            changed = replace(changed, graph=apply_coreset(result.before, changed.coresets))
        assert "means of units are stated that batch norms do not tell" in is_reduction(changed).reason
