"""How good an allocation could be: a bound that no choice of widths beats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from theoryprune.coresets.cells import Cells, cells_of
from theoryprune.coresets.curve import ErrorCurve
from theoryprune.coresets.elimination import elimination_order, least_sum
from theoryprune.coresets.marginal import marginal
from theoryprune.errors import BudgetError
from theoryprune.measures import WidthCost

_TABLE = 1 << 18
"""Numbers in the largest table."""
_MOST = 4096
"""Cells of one group at most; with fewer than `_FEWEST` products are bounded by planes instead."""
_FEWEST = 12
_STEPS = 24
_SLACK = 1e-11


def least_error(
    curves: Sequence[ErrorCurve], cost: WidthCost, limit: int, near: Mapping[str, int] | None = None
) -> float:
    """Return a lower bound of the error of every network that costs at most `limit`.

    Parameters
    ----------
    curves : sequence of ErrorCurve
    cost : WidthCost
    limit : int
        In the quantity of `cost`: ``budget.limit(cost.total)``, or what an allocation spent.
    near : mapping of str to int, optional
        Widths around which the bound is sharpest: those of an allocation, by default of the marginal one.

    Returns
    -------
    float
        At least 0. An allocation of this error (up to rounding) is optimal; the difference is at most what it loses.

    Raises
    ------
    BudgetError
        If no network is so small.

    Notes
    -----
    *Theorem* (Lagrange). For every ``lambda >= 0`` and every choice w of allowed widths with ``cost(w) <= B``,
    ``error(w) >= min_v [error(v) + lambda cost(v)] - lambda B``. The widths of a group are gathered in cells, single
    ones near `near` and longer ones away from it; on a cell the error is at least that of its largest width and the
    cost at least that of its smallest. The minimum over cells is exact, one group minimised out after the other
    (`least_sum`): only groups that share a layer are tied by the cost. Where so many are that tables would be too
    large (dense connections), products are replaced by planes below them, ``x y >= x' y + x y' - x' y'`` at the
    largest or the smallest widths, whichever gives more. Rounding: 1e-11 of all that is added up is taken off.

    Cost: 24 values of lambda, each a table of at most 2^18 numbers for each group.
    """
    if near is None:
        near = next((row.widths for row in marginal(curves, cost) if row.cost <= limit), None)
    if near is None:
        raise BudgetError(f"no network of these curves costs {limit} {cost.quantity} or less; raise the limit")
    pairs = {tuple(sorted({name for name, _ in key})) for key in cost.terms}
    names = [curve.name for curve in curves]
    tied = [pair for pair in pairs if len(pair) == 2 and set(pair) <= set(names)]
    order, together = elimination_order([(a, b) for a, b in tied], names)
    count = min(_MOST, int(_TABLE ** (1 / together)))
    planes: list[int | None] = [None] if count >= _FEWEST else [-1, 0]
    count = count if count >= _FEWEST else _MOST
    return max(0.0, *(_bound(cells_of(curves, cost, near, count, plane), order, limit) for plane in planes))


def _bound(cells: Cells, order: Sequence[str], limit: int) -> float:
    size = sum(float(table.max()) for table in cells.costs.values()) + abs(cells.constant) + limit
    errors = sum(float(table.max()) for table in cells.errors.values())

    def value(log: float) -> float:
        price = float(np.exp(log))
        tables = dict(cells.errors)
        for key, table in cells.costs.items():
            tables[key] = tables[key] + price * table if key in tables else price * table
        return least_sum(tables, order) + price * (cells.constant - limit) - _SLACK * (errors + price * size)

    return _highest(value, float(np.log(cells.price)))


def _highest(value: Callable[[float], float], centre: float) -> float:
    """The largest value met in a golden-section search; each is a bound, so none needs to be the maximum."""
    ratio = (5**0.5 - 1) / 2
    low, high = centre - 5, centre + 5
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = value(left), value(right)
    best = max(value(centre), at_left, at_right)
    for _ in range(_STEPS):
        if at_left >= at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = value(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = value(right)
        best = max(best, at_left, at_right)
    return best
