"""Checking the counts of a reduction: widths, cost, budget."""

from __future__ import annotations

import numpy as np

from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.coresets.hidden import Hidden
from theoryprune.coresets.make_plan import kind_of, method_of
from theoryprune.coresets.reduction import Reduction
from theoryprune.coresets.spent import spent


def wrong_widths(reduction: Reduction, groups: tuple[Hidden, ...]) -> str:
    """Return what is not so of the rows, the units kept and the allocated widths of a reduction, empty if nothing.

    Parameters
    ----------
    reduction : Reduction
    groups : tuple of Hidden
        The removable groups of the network before.
    """
    names = [hidden.group.name for hidden in groups]
    if [row.group for row in reduction.layers] != names or not set(reduction.coresets) <= set(names):
        return "the rows are not those of the removable groups"
    for row, hidden in zip(reduction.layers, groups, strict=True):
        coreset = reduction.coresets.get(row.group)
        left = hidden.units if coreset is None else coreset.width
        if (row.before, row.after) != (hidden.units, left):
            return f"'{row.group}': {row.after} of {row.before} channels are stated, it keeps {left} of {hidden.units}"
        if coreset is not None and not _numbers(coreset):
            return f"'{row.group}': the units kept are no ascending numbers of units"
        if coreset is not None and not _told(coreset, hidden):
            return f"'{row.group}': means of units are stated that batch norms do not tell"
        if (row.kind, row.method) != (kind_of(reduction.before, hidden), method_of(hidden, coreset)):
            return f"'{row.group}': the row says otherwise of the kind of group, or of what was done with it"
        if row.mean != ("" if coreset is None else coreset.corrected):
            return f"'{row.group}': the row says otherwise of the mean of what is lost"
    divided = reduction.plan.allocation
    if divided is not None and any(reduction.widths.get(name) != width for name, width in divided.widths.items()):
        return "the widths are not those of the allocation"
    return ""


def _told(coreset: GroupCoreset, hidden: Hidden) -> bool:
    pairs = zip(coreset.means, (consumer.units.told for consumer in hidden.consumers), strict=False)
    return all(mean is None or (told is not None and np.array_equal(mean, told.mean)) for mean, told in pairs)


def _numbers(coreset: GroupCoreset) -> bool:
    kept = coreset.kept
    return bool(len(kept)) and bool((np.diff(kept) > 0).all()) and 0 <= int(kept[0]) <= int(kept[-1]) < coreset.units


def wrong_counts(reduction: Reduction) -> str:
    """Return what is not so of the cost and the budget of a reduction, empty if nothing.

    Parameters
    ----------
    reduction : Reduction
        Its widths are those of its coresets (`wrong_widths`).

    Notes
    -----
    Parameters and MACs are counted on the small network, not by the formula that divided the budget. Cost: making it.
    """
    plan = reduction.plan
    found = spent(reduction.small, plan.quantity, [row.after for row in plan.layers])
    total = spent(reduction.before, plan.quantity, [row.before for row in plan.layers])
    if (plan.spent, plan.total) != (found, total):
        return f"{plan.spent} of {plan.total} {plan.quantity} are stated, the small network has {found} of {total}"
    divided = plan.allocation
    if divided is None:
        return ""
    budget, path = divided.budget, divided.path
    if divided.total != total or divided.quantity != plan.quantity:
        return "the allocation counts something else"
    at = [row for row, widths in enumerate(path.widths.tolist()) if widths == [*divided.widths.values()]]
    if path.names != tuple(divided.widths) or not at or path.costs[at[0]] != divided.spent:
        return "the allocation does not lie on its curve"
    if path.errors[at[0]] != divided.error:
        return "the error of the allocation is not that of its curve"
    within = divided.error <= budget.amount if budget.quantity == "error" else divided.spent <= budget.limit(total)
    return "" if within else f"{budget} is exceeded"
