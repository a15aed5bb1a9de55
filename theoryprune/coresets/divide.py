"""Dividing a budget over the channel groups of a network."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from theoryprune.coresets.added_biases import added_biases
from theoryprune.coresets.allocate import allocate
from theoryprune.coresets.allocation import Allocation
from theoryprune.coresets.budget import Budget
from theoryprune.coresets.curve import ErrorCurve
from theoryprune.coresets.group_curve import group_curve
from theoryprune.coresets.hidden import Hidden
from theoryprune.coresets.hidden_layer import matrices_of
from theoryprune.coresets.output_weights import Weighting, output_weights
from theoryprune.coresets.widths import check_multiple
from theoryprune.measures import width_cost
from theoryprune.types import WeightGraph


@dataclass(frozen=True, eq=False)
class Division:
    """Widths within a budget, and what errors counted.

    Parameters
    ----------
    allocation : Allocation
    weighting : str
    weights : mapping of str to float
        By the names of the groups.
    """

    allocation: Allocation
    weighting: Weighting
    weights: Mapping[str, float]


def divide(
    graph: WeightGraph,
    free: Sequence[Hidden],
    budget: Budget,
    *,
    how: str = "marginal",
    weights: Weighting | None = None,
    min_keep: int = 0,
    multiple_of: int = 1,
    corrected: Collection[str] = (),
) -> Division:
    """Choose the widths of groups within a budget.

    Parameters
    ----------
    graph : WeightGraph
    free : sequence of Hidden
        The groups that may lose channels.
    budget : Budget
    how, weights, min_keep, multiple_of
        As for `reduce`.
    corrected : collection of str
        Whether means go into biases (`added_biases`).

    Raises
    ------
    BudgetError
        If the budget is out of reach.
    TypeError, ValueError
        If an argument is out of range.

    Notes
    -----
    An error budget counts parameters. One of parameters has room for the biases that consumers get (`added_biases`).
    Where channels of a group are not alike (option-A shortcuts), they are counted in the order of its curve.
    Cost O(n^2 d) for each group.
    """
    check_multiple(multiple_of)
    weighting: Weighting = weights or ("telescoped" if budget.quantity == "error" else "relative")
    orders = {hidden.group.name: group_curve(matrices_of(graph, hidden)) for hidden in free}
    factors = output_weights(graph, free, [found.curve for found in orders.values()], weighting)
    curves = [
        ErrorCurve(
            name=hidden.group.name,
            errors=np.minimum.accumulate(orders[hidden.group.name].curve),
            weight=factors[hidden.group.name],
            smallest=min(min_keep, hidden.units),
            multiple_of=multiple_of,
        )
        for hidden in free
    ]
    quantity = "params" if budget.quantity == "error" else budget.quantity
    kept = {name: found.order.tolist() for name, found in orders.items()}
    cost, added = width_cost(graph, quantity, kept), None
    if budget.quantity == "params":
        added = added_biases(graph, free, kept, corrected=corrected)
    return Division(allocate(curves, cost, budget, how, added), weighting, factors)
