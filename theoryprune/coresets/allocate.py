"""From one budget for the network to a width for each group."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from theoryprune.coresets.allocation import Allocation, Path, Reason, Removal
from theoryprune.coresets.budget import Budget
from theoryprune.coresets.curve import ErrorCurve
from theoryprune.coresets.global_eps import absolute_eps, global_eps
from theoryprune.coresets.marginal import marginal
from theoryprune.coresets.removals import allowed_widths
from theoryprune.coresets.uniform_budget import uniform_budget
from theoryprune.errors import BudgetError
from theoryprune.measures import WidthCost

ALLOCATORS: dict[str, Callable[[Sequence[ErrorCurve], WidthCost], Path]] = {
    "marginal": marginal,
    "global_eps": global_eps,
    "absolute_eps": absolute_eps,
    "uniform": uniform_budget,
}
"""Every allocator by name: each returns the whole path from the full network to the smallest."""


def allocate(
    curves: Sequence[ErrorCurve],
    cost: WidthCost,
    budget: Budget,
    how: str = "marginal",
    added: Callable[[Mapping[str, int]], int] | None = None,
) -> Allocation:
    """Choose a width for each channel group within a budget.

    Parameters
    ----------
    curves : sequence of ErrorCurve
        Of the groups that may lose channels; others keep their full width.
    cost : WidthCost
        In the budget's quantity; any for an error budget.
    budget : Budget
    how : {"marginal", "global_eps", "absolute_eps", "uniform"}
    added : callable, optional
        What a network of given widths costs besides `cost`, nothing at full widths (`added_biases`): a size budget has
        room for it, the path does not know of it.

    Returns
    -------
    Allocation
        Of a size budget the first network on the allocator's path within it; of an error budget the last one.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, or curves, cost and budget do not fit one another.
    BudgetError
        If even the smallest network is too large, or no curve is given.

    Notes
    -----
    *Laws.* The budget is met to one removal: the row before on the path exceeds it. Without `added`, a larger budget of
    the same quantity keeps at least as many channels of every group, so its error is no larger. Nothing is random; at
    ties the first curve loses first.

    Cost: O(removals x log groups) prices, each in time of the group's neighbours.

    See Also
    --------
    is_allocation : The checker.
    """
    _check(curves, cost, budget, how)
    path = ALLOCATORS[how](curves, cost)
    if budget.quantity == "error":
        row = bisect_right(path.errors, budget.amount) - 1
    else:
        limit = budget.limit(cost.total)
        row = bisect_left(path.costs, -limit, key=lambda spent: -spent)
        while added is not None and row < len(path) and path.costs[row] + added(path[row].widths) > limit:
            row += 1
        if row == len(path):
            raise _infeasible(path.costs[-1] + (added(path[-1].widths) if added else 0), cost, budget)
    chosen = path[row]
    return Allocation(
        widths=chosen.widths,
        spent=chosen.cost,
        total=cost.total,
        error=chosen.error,
        path=path,
        reasons={curve.name: _reason(curve, cost, chosen.widths) for curve in curves},
        budget=budget,
        how=how,
        quantity=cost.quantity,
    )


def _check(curves: Sequence[ErrorCurve], cost: WidthCost, budget: Budget, how: str) -> None:
    if how not in ALLOCATORS:
        raise ValueError(f"how must be one of {', '.join(ALLOCATORS)}, got {how!r}")
    if not isinstance(budget, Budget):
        raise TypeError(f"budget must be a Budget, such as Budget(params=0.5), got {budget!r}")
    if budget.quantity not in ("error", cost.quantity):
        raise ValueError(f"cost counts {cost.quantity}, the budget {budget.quantity}; use width_cost of that quantity")
    if not curves:
        raise BudgetError("no channel group can be reduced, so no budget but the dense network's can be met")
    names = [curve.name for curve in curves]
    if len(set(names)) < len(names):
        raise ValueError(f"curves must have one name each, got {names}")
    for curve in curves:
        if cost.sizes.get(curve.name) != curve.size:
            raise ValueError(
                f"the curve of '{curve.name}' has {curve.size} channels, the cost "
                f"{cost.sizes.get(curve.name, 'no such group')}; make both from one graph"
            )


def _infeasible(least: int, cost: WidthCost, budget: Budget) -> BudgetError:
    digits = math.ceil(Fraction(least * 10**4, cost.total)) / 10**4
    return BudgetError(
        f"{budget}: {budget.limit(cost.total):,} of {cost.total:,} {cost.quantity} are out of reach; the smallest "
        f"network has {least:,}. Ask for {budget.quantity}={digits:g} at least, or hold back less (protect, "
        "min_keep, multiple_of)"
    )


def _reason(curve: ErrorCurve, cost: WidthCost, widths: dict[str, int]) -> Reason:
    allowed, kept = allowed_widths(curve, cost), widths[curve.name]
    place = allowed.index(kept)

    def removal(before: int, after: int) -> Removal:
        saving = cost.saving({**widths, curve.name: before}, curve.name, before - after)
        return Removal(before, after, curve.error(after) - curve.error(before), saving)

    last = removal(allowed[place + 1], kept) if place + 1 < len(allowed) else None
    following = removal(kept, allowed[place - 1]) if place else None
    return Reason(kept, curve.size, allowed[0], last, following)
