"""A reduction in figures and words: what was reached, along which curve, what is certain of it and what is not."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich import box
from rich.table import Table

from theoryprune.bounds import EndToEnd
from theoryprune.coresets import GroupCertificate, Path, Reduction
from theoryprune.measures import macs, size
from theoryprune.reports.table import percent
from theoryprune.types import WeightGraph

_ROWS, _POINTS = 11, 201
_NAMED = 4
_BIASES = "biases count as one more input that is 1, or, in convolutions, add a constant"
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
        Its graph, compacted.
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
    shown = [(path.costs[row], float(path.errors[row])) for row in _spread(path, plan.total, rows)]
    chosen = (plan.allocation.spent, plan.allocation.error) if plan.allocation else None
    points = {*shown, *([chosen] if chosen else [])}
    for cost, error in sorted(points, reverse=True):
        mark = "<- chosen" if (cost, error) == chosen else ""
        table.add_row(f"{cost:,}", percent(cost / plan.total), f"{error:.4g}", mark)
    return table


def _spread(path: Path, total: int, rows: int) -> list[int]:
    """Rows of a path that are evenly spaced in size: the first network within each share, both ends among them."""
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


def claim(reduction: Reduction) -> str:
    """Say what is certain of a reduction, and what is not.

    Parameters
    ----------
    reduction : Reduction

    Returns
    -------
    str
        Two sentences: for which groups a bound of the error is proved, and what nothing is proved of.
    """
    reduced = [row for row in reduction.layers if row.after < row.before]
    proved = [row for row in reduced if row.certificate.best is not None]
    without = [row for row in reduced if row.certificate.best is None]
    empty = sum(bool(row.certificate.vacuous) for row in proved)
    parts = []
    if proved:
        parts.append(
            f"Certified for every input, in real arithmetic on the weights as stored: in {len(proved)} of "
            f"{len(reduced)} reduced groups, what the group's consumers compute from the same inputs changes by at "
            f"most the upper end of its interval times the norm of these inputs ({_BIASES}; {empty} of them vacuous: "
            "deleting the group has as good a bound)."
        )
    open_ones = ["accuracy", "the rounding of the deployed network"]
    if reduction.end_to_end is None:
        open_ones.insert(0, "the output of the whole network")
    else:
        parts.append(f"Certified of the output: {reduction.end_to_end}.")
    if without:
        named = ", ".join(f"'{row.group}' ({row.certificate.note})" for row in without[:_NAMED])
        more = f" and {len(without) - _NAMED} more" if len(without) > _NAMED else ""
        open_ones.insert(0, f"{len(without)} reduced group{'s' if len(without) > 1 else ''}: {named}{more}")
    return "\n".join([*parts, f"Not certified: {'; '.join(open_ones)}."])


def reduction_data(reduction: Reduction, small: WeightGraph) -> dict[str, Any]:
    """Return a reduction as plain data for JSON; what is certified stands in hexadecimal, which loses no digit.

    Parameters
    ----------
    reduction : Reduction
    small : WeightGraph
        Its graph, compacted.
    """
    plan, divided = reduction.plan, reduction.plan.allocation
    before, after = map(asdict, counts(reduction, small))
    return {
        "method": plan.method,
        "claim": claim(reduction),
        "totals": {name: {"before": before[name], "after": after[name]} for name in before},
        "budget": None
        if divided is None
        else {
            "quantity": divided.budget.quantity,
            "amount": divided.budget.amount,
            "counts": plan.quantity,
            "spent": plan.spent,
            "total": plan.total,
            "how": divided.how,
            "weighting": plan.weighting,
            "error": divided.error,
        },
        "end_to_end": None if reduction.end_to_end is None else _output(reduction.end_to_end),
        "rows": [
            {
                "group": row.group,
                "kind": row.kind,
                "before": row.before,
                "after": row.after,
                "method": row.method,
                "note": row.note,
                "certificate": _certificate(row.certificate),
            }
            for row in plan.layers
        ],
        "curve": None
        if divided is None
        else {
            "groups": list(divided.path.names),
            "points": [
                {"spent": point.cost, "error": point.error, "widths": list(point.widths.values())}
                for point in map(divided.path.__getitem__, _spread(divided.path, plan.total, _POINTS))
            ],
        },
    }


def _certificate(proof: GroupCertificate) -> dict[str, Any]:
    return {
        "observed": _hex(proof.observed),
        "best": _hex(proof.best),
        "full": _hex(proof.full),
        "constant": _hex(proof.constant),
        "tightness": proof.tightness,
        "vacuous": proof.vacuous,
        "note": proof.note,
        "digests": [part.digest for part in proof.parts],
    }


def _output(bound: EndToEnd) -> dict[str, Any]:
    return {
        "observed": _hex(bound.observed),
        "error": _hex(bound.error),
        "output": _hex(bound.output),
        "radius": _hex(bound.radius),
        "vacuous": bound.vacuous,
        "shares": {term.block.name: _hex(term.share) for term in bound.terms},
    }


def _hex(value: float | None) -> str | None:
    return None if value is None else float(value).hex()
