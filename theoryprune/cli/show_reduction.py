"""A reduction as the commands print it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rich.console import RenderableType

from theoryprune.cli.options import as_options
from theoryprune.cli.reductions import ReductionRun
from theoryprune.reports import budget_line, claim, counts, counts_table, curve_table


def reduction_parts(run: ReductionRun) -> Iterator[RenderableType]:
    """Yield what `reduce` and `show` print: groups, totals, budget, curve, and what is certain of it."""
    result = run.reduction
    rows = (replace(row, note=as_options(row.note)) for row in result.layers)
    yield replace(result.plan, layers=tuple(rows)).table()
    yield ""
    yield counts_table(*counts(result, run.small))
    yield budget_line(result)
    if result.curve is not None:
        yield ""
        yield curve_table(result)
    yield ""
    yield claim(result)


def reduction_heading(run: ReductionRun) -> str:
    """Say which model was reduced, and how."""
    given = run.record["arguments"]
    amount = next(f"{key} {given[key]:g}" for key in ("params", "macs", "channels", "error") if given[key] is not None)
    extras = [name for name in ("streams",) if given[name]]
    return ", ".join([f"{given['model']}: {given['method']}", given["how"], amount, *extras, f"seed {given['seed']}\n"])
