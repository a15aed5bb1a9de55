"""What an allocator returns: a width for each group, the whole path it lies on, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from theoryprune.coresets.budget import Budget
from theoryprune.geometry.arguments import Floats, Indices


@dataclass(frozen=True)
class PathRow:
    """One network on a path: what it costs, how wrong it is, and the widths of its groups."""

    cost: int
    error: float
    widths: dict[str, int]


@dataclass(frozen=True, eq=False)
class Path:
    """Networks from the full one to the smallest, each with fewer channels of one group than the one before.

    Parameters
    ----------
    names : tuple of str, length g
        The groups.
    costs : tuple of int, length r
        Never growing.
    errors : ndarray, shape (r,)
        Sums of weighted errors: never falling, 0 at first.
    widths : ndarray of int64, shape (r, g)
        Never growing along the path.
    """

    names: tuple[str, ...]
    costs: tuple[int, ...]
    errors: Floats
    widths: Indices

    def __len__(self) -> int:
        """How many networks there are."""
        return len(self.costs)

    def __repr__(self) -> str:
        """Say how long it is and where it ends."""
        return f"Path({len(self)} networks of {len(self.names)} groups, costs {self.costs[0]:,} to {self.costs[-1]:,})"

    def __getitem__(self, row: int) -> PathRow:
        """Return one of them.

        Raises
        ------
        TypeError
            If `row` is no integer.
        """
        if not isinstance(row, int | np.integer):
            raise TypeError(f"row must be an integer, got {row!r}; for fewer rows take thinned(rows)")
        widths = dict(zip(self.names, self.widths[row].tolist(), strict=True))
        return PathRow(self.costs[row], float(self.errors[row]), widths)

    def __iter__(self) -> Iterator[PathRow]:
        """Go from the full network to the smallest."""
        return (self[row] for row in range(len(self)))

    def thinned(self, rows: int) -> Path:
        """Return at most `rows` of them (2 at least), evenly spaced along the path, first and last among them."""
        if rows < 2:
            raise ValueError(f"rows must be at least 2, got {rows}")
        count = min(rows, len(self))
        taken = sorted({round(i * (len(self) - 1) / max(count - 1, 1)) for i in range(count)})
        return Path(self.names, tuple(self.costs[i] for i in taken), self.errors[taken], self.widths[taken])


@dataclass(frozen=True)
class Removal:
    """One step of one group: from how many channels to how many, what error it adds and what it saves."""

    before: int
    after: int
    error: float
    saving: int

    @property
    def price(self) -> float:
        """Error added for each unit of cost saved (infinite where nothing is saved)."""
        return self.error / self.saving if self.saving else float("inf")


@dataclass(frozen=True)
class Reason:
    """Why a group has the width it has.

    Parameters
    ----------
    kept, size, smallest : int
        The channels it keeps, has, and must keep.
    last : Removal or None
        Its last step, if it lost any; priced at the widths of the allocation.
    next : Removal or None
        Its next step, if there is one, likewise.
    """

    kept: int
    size: int
    smallest: int
    last: Removal | None
    next: Removal | None


@dataclass(frozen=True, eq=False)
class Allocation:
    """A width for each channel group.

    Parameters
    ----------
    widths : dict of str to int
        Channels kept, by group.
    spent : int
        What the network costs with these widths, exactly.
    total : int
        What it costs dense.
    error : float
        The sum of the weighted errors.
    path : Path
        The whole curve of error versus size that the allocator follows, whatever the budget.
    reasons : mapping of str to Reason
    budget : Budget
    how : str
        Name of the allocator.
    quantity : str
        What `spent` and `total` count.
    """

    widths: dict[str, int]
    spent: int
    total: int
    error: float
    path: Path
    reasons: Mapping[str, Reason]
    budget: Budget
    how: str
    quantity: str

    @property
    def fraction(self) -> float:
        """Spent over total."""
        return self.spent / self.total
