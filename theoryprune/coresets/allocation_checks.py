"""Is it an allocation? Checked from the widths alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from theoryprune.coresets.allocation import Allocation
from theoryprune.coresets.curve import ErrorCurve
from theoryprune.coresets.removals import allowed_widths
from theoryprune.measures import WidthCost


def is_allocation(
    allocation: Allocation,
    curves: Sequence[ErrorCurve],
    cost: WidthCost,
    added: Callable[[Mapping[str, int]], int] | None = None,
) -> bool:
    """Check the figures of an allocation, and that it uses its budget up to one removal.

    Parameters
    ----------
    allocation : Allocation
    curves, cost, added
        Those it was made of.

    Returns
    -------
    bool
        Whether every width is allowed; cost and error are those of the widths, on the whole path too; costs never
        grow and errors never fall along it, one group losing channels at a time; the budget is met, and is not met by
        the row before (size) or after (error) on the path.

    Notes
    -----
    Independent of how the path was found: counts come from ``cost.of``, sums from the curves. It says nothing about
    how good the choice is; `least_error` does.
    """
    names = tuple(curve.name for curve in curves)
    path = allocation.path
    if path.names != names or tuple(allocation.widths) != names or not len(path) or allocation.total != cost.total:
        return False
    allowed = {curve.name: set(allowed_widths(curve, cost)) for curve in curves}
    rows = [dict(zip(names, widths, strict=True)) for widths in path.widths.tolist()]
    if rows[0] != {curve.name: curve.size for curve in curves}:
        return False
    for row, spent, error in zip(rows, path.costs, path.errors.tolist(), strict=True):
        if any(width not in allowed[name] for name, width in row.items()):
            return False
        if spent != cost.of(row) or error != _error(curves, row):
            return False
    steps = (path.widths[:-1] - path.widths[1:]).tolist()
    if any(min(step) < 0 or sum(count > 0 for count in step) != 1 for step in steps):
        return False
    return _uses_budget(allocation, rows, added or (lambda widths: 0))


def _error(curves: Sequence[ErrorCurve], widths: Mapping[str, int]) -> float:
    return math.fsum(curve.error(widths[curve.name]) for curve in curves)


def _uses_budget(allocation: Allocation, rows: list[dict[str, int]], added: Callable[[Mapping[str, int]], int]) -> bool:
    path, budget = allocation.path, allocation.budget
    if allocation.widths not in rows:
        return False
    at = rows.index(allocation.widths)
    if (allocation.spent, allocation.error) != (path.costs[at], float(path.errors[at])):
        return False
    if budget.quantity == "error":
        return allocation.error <= budget.amount and (at + 1 == len(path) or path.errors[at + 1] > budget.amount)
    limit = budget.limit(allocation.total)
    fits = [path.costs[row] + added(rows[row]) <= limit for row in (at, at - 1) if row >= 0]
    return fits in ([True], [True, False])
