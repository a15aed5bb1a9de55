"""A reduction as the commands print it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement

from theoryprune.cli.options import as_options
from theoryprune.cli.reductions import ReductionRun
from theoryprune.coresets import Plan
from theoryprune.reports import budget_line, claim, counts, counts_table, curve_table

_ANY = 10_000
_FLAGS = ("streams", "fold_bn")
_VALUES = ("inputs", "bias_correction", "weighting", "min_keep", "multiple_of")


def reduction_parts(run: ReductionRun) -> Iterator[RenderableType]:
    """Yield what `reduce` and `show` print: groups, totals, budget, curve, and what is certain of it."""
    result = run.reduction
    rows = (replace(row, note=as_options(row.note)) for row in result.layers)
    yield _Rows(replace(result.plan, layers=tuple(rows)))
    yield ""
    yield counts_table(*counts(result, run.small))
    yield budget_line(result)
    if result.curve is not None:
        yield ""
        yield curve_table(result)
    yield ""
    yield as_options(claim(result))


@dataclass(frozen=True)
class _Rows:
    """The table of the groups. Names and intervals are never cut off: a narrow terminal gets fewer columns."""

    plan: Plan

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        for gone in (), ("last", "next"), ("kind", "last", "next"), ("kind", "last", "next", "tight"):
            table = self.plan.table(without=gone)
            if Measurement.get(console, options.update(max_width=_ANY), table).minimum <= options.max_width:
                break
        yield table
        if gone:
            yield f"not shown here: {', '.join(gone)} (make the terminal wider)"


def reduction_heading(run: ReductionRun) -> str:
    """Say which model was reduced, and how."""
    given = run.record["arguments"]
    amount = next(f"{key} {given[key]:g}" for key in ("params", "macs", "channels", "error") if given[key] is not None)
    extras = [name.replace("_", "-") for name in _FLAGS if given.get(name)]
    extras += [f"{name.replace('_', '-')} {given[name]}" for name in _VALUES if given.get(name) is not None]
    extras += [f"protect {' '.join(given['protect'])}"] if given.get("protect") else []
    return ", ".join([f"{given['model']}: {given['method']}", given["how"], amount, *extras, f"seed {given['seed']}\n"])
