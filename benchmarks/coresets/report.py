"""What a part of the benchmark measured, and how it is printed."""

import json
import math
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table


@dataclass(frozen=True)
class Report:
    """One table.

    Parameters
    ----------
    title : str
        What was measured, with n.
    columns : mapping of str to str
        For each heading the format of its cells, filled in from a row: ``"{seconds:.1f}"``.
    rows : list of dict
        The measurements; also what is written as JSON. A value that is missing or None is printed as a dash.
    notes : tuple of str
        Printed below.
    failures : tuple of str
        What must not be: the command prints them and exits with 1.
    """

    title: str
    columns: Mapping[str, str]
    rows: list[dict[str, Any]]
    notes: tuple[str, ...] = ()
    failures: tuple[str, ...] = field(default=())


class _Cells(string.Formatter):
    """Formats a row; what is missing becomes a dash."""

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        return kwargs.get(key)

    def format_field(self, value: Any, format_spec: str) -> str:
        return "-" if value is None else format(value, format_spec)


def cells(report: Report) -> list[list[str]]:
    """Return the text of the table, row by row."""
    return [[_Cells().vformat(column, (), row) for column in report.columns.values()] for row in report.rows]


def table(report: Report) -> Table:
    """Lay the rows out; numbers to the right."""
    out = Table(
        title=escape(report.title),
        caption=escape("\n".join(report.notes)) or None,
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for heading, column in report.columns.items():
        out.add_column(escape(heading), justify="right" if ":" in column else "left", overflow="fold")
    for row in cells(report):
        out.add_row(*map(escape, row))
    return out


def to_json(value: Any) -> str:
    """Write as JSON; numbers that JSON lacks become strings."""
    return json.dumps(_plain(value), indent=1, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
