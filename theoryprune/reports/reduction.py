"""A reduction in figures: what was reached, and along which curve."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from rich import box
from rich.table import Table

from theoryprune.coresets import Path, Reduction
from theoryprune.measures import macs, size
from theoryprune.reports.table import percent
from theoryprune.types import WeightGraph

_ROWS = 11
MEANING = {
    "relative": "each group's over that of deleting it",
    "telescoped": "as bounds of the output's at inputs of norm 1",
    "equal": "as they are",
}
"""What the errors of groups are when they are added up, by the name of the weighting."""


@dataclass(frozen=True)
class Counts:
    """How large a network is.

    Parameters
    ----------
    params, macs : int
        Parameters; multiply-accumulates for one example.
    channels : int
        Of the removable groups.
    """

    params: int
    macs: int
    channels: int


def counts(reduction: Reduction, small: WeightGraph) -> tuple[Counts, Counts]:
    """Count a network before and after.

    Parameters
    ----------
    reduction : Reduction
    small : WeightGraph
        Its graph without the pruned channels.
    """
    dense = sum(row.before for row in reduction.layers)
    before = Counts(size(reduction.before).total, macs(reduction.before), dense)
    return before, Counts(size(small).total, macs(small), sum(reduction.widths.values()))


def counts_table(before: Counts, after: Counts) -> Table:
    """Return both as a table, with what is left of each."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("total")
    for name in ("before", "after", "kept"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, count in asdict(before).items():
        left = getattr(after, name)
        table.add_row("MACs" if name == "macs" else name, f"{count:,}", f"{left:,}", percent(left / count))
    return table


def budget_line(reduction: Reduction) -> str:
    """Say what was asked for and what was reached, exactly."""
    plan = reduction.plan
    if plan.allocation is None:
        return f"widths as given: {plan.spent:,} of {plan.total:,} {plan.quantity}"
    budget, error = plan.allocation.budget, plan.allocation.error
    summed = f"summed error {error:.4g} ({MEANING[plan.weighting]})"
    if budget.quantity == "error":
        return f"budget: error at most {budget.amount:g}; reached {summed}, {plan.spent:,} {plan.quantity}"
    limit = budget.limit(plan.total)
    return f"budget: at most {limit:,} {plan.quantity} ({budget.amount:g} of all); reached {plan.spent:,}; {summed}"


def curve_table(reduction: Reduction, rows: int = _ROWS) -> Table:
    """Return the curve of error versus size, thinned out; the network that was chosen is marked.

    Raises
    ------
    ValueError
        If the reduction has no curve: its widths were given.
    """
    path, plan = path_of(reduction), reduction.plan
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for name in (plan.quantity, "kept", "summed error", ""):
        table.add_column(name, justify="right", no_wrap=True)
    shown = [(path.costs[row], float(path.errors[row])) for row in spread(path, plan.total, rows)]
    chosen = (plan.allocation.spent, plan.allocation.error) if plan.allocation else None
    points = {*shown, *([chosen] if chosen else [])}
    for cost, error in sorted(points, reverse=True):
        mark = "<- chosen" if (cost, error) == chosen else ""
        table.add_row(f"{cost:,}", percent(cost / plan.total), f"{error:.4g}", mark)
    return table


def spread(path: Path, total: int, rows: int) -> list[int]:
    """Return rows of a path that are evenly spaced in size: the first network within each share, both ends among them.

    Parameters
    ----------
    path : Path
    total : int
        Cost of the full network.
    rows : int
        How many shares.
    """
    sizes = np.array(path.costs)[::-1] / total
    shares = np.linspace(1, sizes[0], rows)
    found = len(sizes) - np.searchsorted(sizes, shares, side="right")
    return sorted({*found.tolist(), len(sizes) - 1})


def path_of(reduction: Reduction) -> Path:
    """Return the curve of a reduction, or raise."""
    if reduction.curve is None:
        raise ValueError(
            "reduction has no curve, for its widths were given; reduce with a Budget, as Budget(params=0.5)"
        )
    return reduction.curve
