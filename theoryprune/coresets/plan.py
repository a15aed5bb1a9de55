"""Why every group of channels kept what it kept, as a table to read."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import compress

from rich import box
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from theoryprune.coresets.allocation import Allocation, Removal
from theoryprune.coresets.group_certificate import NOT_ASKED
from theoryprune.coresets.reduced_group import ReducedGroup

_WIDTH = 160
"""Characters of a line of the table as text."""
_NOTE = 16
"""Characters of a line of its last column at least, where notes are that long."""
_COLUMNS = ("group", "kind", "channels", "last", "next", "error of the group", "tight", "vacuous", "note")


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """How a network was reduced, group by group.

    Parameters
    ----------
    layers : tuple of ReducedGroup
    method : str
        Name of the construction.
    spent, total : int
        What the network costs without the pruned channels, and what the dense one does.
    quantity : str
        What they count: ``"params"``, ``"macs"`` or ``"channels"``.
    allocation : Allocation or None
        How the budget was divided, with a reason for each group; None where widths were given.
    weighting : str
        What an error counts in it: ``"relative"``, ``"telescoped"`` or ``"equal"``; empty without an allocation.
    weights : mapping of str to float
        The factors of the error curves.
    """

    layers: tuple[ReducedGroup, ...]
    method: str
    spent: int
    total: int
    quantity: str
    allocation: Allocation | None
    weighting: str
    weights: Mapping[str, float]

    def __repr__(self) -> str:
        """Say which groups keep what; `explain` says why."""
        widths = ", ".join(f"'{row.group}': {row.after}/{row.before}" for row in self.layers)
        return f"Plan({self.method}, {widths})"

    def explain(self) -> str:
        """Return a table with a row for each group: its channels, the price of its last and next ones, its certificate.

        Notes
        -----
        ``last`` is the weighted error that its last removal added, over what it saved; ``next`` the same of the one
        that was not made. Every ``last`` is at most about every ``next``: that is why it stopped there.
        """
        console = Console(file=io.StringIO(), width=_WIDTH, record=True, color_system=None, force_terminal=False)
        console.print(self.table())
        for line in self._lines():
            console.print(line, soft_wrap=True)
        return "\n".join(line.rstrip() for line in console.export_text().splitlines())

    def table(self, without: Collection[str] = ()) -> Table:
        """Return the same rows as a rich table, without the columns of these names."""
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
        rows = [self._cells(row) for row in self.layers]
        shown = [name not in without for name in _COLUMNS]
        for name, *column in compress(zip(_COLUMNS, *rows, strict=True), shown):
            longest = max(len(name), *map(len, column))
            if name == "note":
                table.add_column(name, overflow="fold", min_width=min(_NOTE, longest))
            else:
                justify: JustifyMethod = "left" if name in ("group", "kind") else "right"
                table.add_column(name, justify=justify, no_wrap=True, min_width=longest)
        for group, cells in zip(self.layers, rows, strict=True):
            table.add_row(*compress(cells, shown), style="dim" if group.after == group.before else None)
        return table

    def _cells(self, row: ReducedGroup) -> tuple[Text | str, ...]:
        reason = self.allocation.reasons.get(row.group) if self.allocation else None
        proof = row.certificate
        interval, tight, vacuous = "", "", ""
        if row.after < row.before and proof.best is not None:
            interval = f"[{'?' if proof.observed is None else f'{proof.observed:.3g}'}, {proof.best:.3g}]"
            tight = "" if proof.tightness is None else f"{proof.tightness:.2f}"
            vacuous = proof.vacuity or ""
        notes = [row.mean, row.note] + ([proof.note] if proof.note not in (row.note, NOT_ASKED) else [])
        return (
            Text(row.group), row.kind, str(row.before) if row.after == row.before else f"{row.after}/{row.before}",
            _price(reason.last if reason else None), _price(reason.next if reason else None),
            interval, tight, vacuous, Text("; ".join(note for note in notes if note)),
        )  # fmt: skip

    def _lines(self) -> list[str]:
        spent = f"{self.spent:,} of {self.total:,} {self.quantity} ({self.spent / self.total:.2%}) by {self.method}"
        if self.allocation is None:
            return [f"{spent}; widths as given"]
        budget, how = self.allocation.budget, self.allocation.how
        lines = [f"{spent}; {budget}, divided by {how} {self.weighting} error: {self.allocation.error:.4g} in all"]
        if how == "marginal":
            lines.append(f"last, next: error added for each of the {self.quantity} saved; the cheapest goes first")
        return lines


def _price(removal: Removal | None) -> str:
    return "" if removal is None else f"{removal.price:.2e}"
