"""Widths gathered in cells, with error and cost bounded from below."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from theoryprune.coresets.curve import ErrorCurve
from theoryprune.coresets.removals import allowed_widths
from theoryprune.geometry.arguments import Floats, Indices
from theoryprune.measures import WidthCost


@dataclass(frozen=True, eq=False)
class Cells:
    """Error and cost of cells of widths, from below.

    Parameters
    ----------
    errors, costs : dict of tuple of str to ndarray
        Summands by the groups they depend on, with an axis for each.
    constant : float
        The summand of the cost that depends on none.
    price : float
        Error per unit of cost of the removals next to the centre: the scale of Lagrange's multiplier there.
    """

    errors: dict[tuple[str, ...], Floats]
    costs: dict[tuple[str, ...], Floats]
    constant: float
    price: float


def cells_of(
    curves: Sequence[ErrorCurve], cost: WidthCost, near: Mapping[str, int], count: int, plane: int | None = None
) -> Cells:
    """Gather the widths of each group in cells, and bound error and cost on them.

    Parameters
    ----------
    curves : sequence of ErrorCurve
    cost : WidthCost
    near : mapping of str to int
        Widths around which cells hold one width each.
    count : int
        Cells of a group at most (at least 12).
    plane : {0, -1}, optional
        Bound products of two widths by planes that touch them at the smallest (0) or largest widths (-1).

    Notes
    -----
    Errors never grow with the width and costs never fall, so a cell has the error of its largest width and the cost of
    its smallest at least.
    """
    bounds = {c.name: _spans(np.array(allowed_widths(c, cost)), near[c.name], count) for c in curves}
    errors: dict[tuple[str, ...], Floats] = {(c.name,): c.weight * c.errors[bounds[c.name][1]] for c in curves}
    costs: dict[tuple[str, ...], Floats] = defaultdict(lambda: np.zeros(()))
    constant = 0.0
    for key, factor in cost.terms.items():
        scaled = factor / cost.scale
        values: dict[str, Floats] = {}
        for name, k in key:
            table = cost.tables[name][k]
            if name in bounds:
                values[name] = values.get(name, np.ones(())) * np.array([table[w] for w in bounds[name][0]], float)
            else:
                scaled *= table[cost.sizes[name]]
        if not values:
            constant += scaled
        elif len(values) == 2 and plane is not None:
            (a, x), (b, y) = values.items()
            costs[(a,)] = costs[(a,)] + scaled * x * y[plane]
            costs[(b,)] = costs[(b,)] + scaled * y * x[plane]
            constant -= scaled * x[plane] * y[plane]
        else:
            costs[tuple(values)] = costs[tuple(values)] + scaled * _outer(list(values.values()))
    return Cells(errors, dict(costs), constant, _price(curves, cost, near))


def _outer(values: list[Floats]) -> Floats:
    return values[0] if len(values) == 1 else np.multiply.outer(values[0], values[1])


def _spans(widths: Indices, centre: int, count: int) -> tuple[Indices, Indices]:
    """Return (smallest, largest) widths of at most `count` cells: single ones around a centre, longer ones beyond."""
    if len(widths) <= count:
        return widths, widths
    distance = np.arange(len(widths)) - int(np.searchsorted(widths, centre))
    single, length = 0.25, np.maximum(np.abs(distance), 1e-9)
    while True:  # signed places on a scale that is linear up to `single` from the centre and logarithmic beyond
        scale = np.where(length <= single, length, single * (1 + np.log(np.maximum(length / single, 1))))
        places = np.sign(distance) * np.floor(scale)
        if len(np.unique(places)) > count:
            break
        single, best = single * 1.2, places
    starts = np.flatnonzero(np.diff(best, prepend=np.nan))
    return widths[starts], widths[np.append(starts[1:], len(widths)) - 1]


def _price(curves: Sequence[ErrorCurve], cost: WidthCost, near: Mapping[str, int]) -> float:
    """The middle price of the removals next to some widths."""
    prices = [1.0]
    for curve in curves:
        widths = allowed_widths(curve, cost)
        place = max(1, widths.index(near[curve.name]))
        if len(widths) > 1:
            before, after = widths[place], widths[place - 1]
            saved = cost.saving({**near, curve.name: before}, curve.name, before - after)
            prices.append((curve.error(after) - curve.error(before)) / saved if saved else 0.0)
    return float(np.median([price for price in prices[1:] if price > 0] or prices[:1]))
