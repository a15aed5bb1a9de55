"""One removal after the other, always the cheapest: the path that every allocator follows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from heapq import heapify, heappop, heapreplace
from itertools import pairwise

import numpy as np

from theoryprune.coresets.allocation import Path
from theoryprune.coresets.curve import ErrorCurve
from theoryprune.measures import WidthCost

Price = Callable[[ErrorCurve, int, int, Mapping[str, int]], float]
"""What orders removals: of a curve, from one width to a smaller one, at the current widths of all."""

Stops = Callable[[ErrorCurve, tuple[int, ...]], Sequence[int]]
"""Which of the allowed widths, ascending, are priced: what lies between two of them is removed in one go."""


def allowed_widths(curve: ErrorCurve, cost: WidthCost) -> tuple[int, ...]:
    """Return the widths that both a curve and the cost allow, ascending; the last is the full one."""
    step = math.lcm(curve.multiple_of, cost.multiples[curve.name])
    first = -(-max(curve.smallest, cost.smallest[curve.name]) // step) * step
    return (*range(first, curve.size, step), curve.size)


def follow(curves: Sequence[ErrorCurve], cost: WidthCost, price: Price, stops: Stops) -> Path:
    """Remove channels from the full network until no group can lose any, the cheapest removal first.

    Parameters
    ----------
    curves : sequence of ErrorCurve
    cost : WidthCost
    price : Price
        It must not fall while other groups lose channels.
    stops : Stops

    Returns
    -------
    Path
        One row for each width that is passed. It does not depend on any budget, so networks for two budgets are
        nested.

    Notes
    -----
    Prices never fall, so one computed earlier is a lower bound: only those on top of the heap are brought up to date,
    which changes nothing in the order (lazy greedy, M. Minoux 1978). At equal prices the first curve goes first.
    """
    ladders = [allowed_widths(curve, cost) for curve in curves]
    ends = [list(stops(curve, ladder)) for curve, ladder in zip(curves, ladders, strict=True)]
    widths = {curve.name: curve.size for curve in curves}
    heap = [(price(c, e[-1], e[-2], widths), k) for k, (c, e) in enumerate(zip(curves, ends, strict=True)) if e[1:]]
    heapify(heap)
    costs, lost = [cost.total], []
    while heap:
        known, k = heap[0]
        curve, end = curves[k], ends[k]
        now = price(curve, end[-1], end[-2], widths)
        if now > known:
            heapreplace(heap, (now, k))
            continue
        before = end.pop()
        for wider, width in pairwise(w for w in reversed(ladders[k]) if end[-1] <= w <= before):
            costs.append(costs[-1] - cost.saving(widths, curve.name, wider - width))
            lost.append((k, wider - width))
            widths[curve.name] = width
        if end[1:]:
            heapreplace(heap, (price(curve, end[-1], end[-2], widths), k))
        else:
            heappop(heap)
    return _path(curves, costs, lost)


def _path(curves: Sequence[ErrorCurve], costs: list[int], lost: list[tuple[int, int]]) -> Path:
    fewer = np.zeros((len(costs), len(curves)), np.int64)
    for row, (k, count) in enumerate(lost, start=1):
        fewer[row, k] = count
    widths = np.array([curve.size for curve in curves], np.int64) - fewer.cumsum(axis=0)
    terms = np.stack([curve.weight * curve.errors[widths[:, k]] for k, curve in enumerate(curves)], axis=1)
    # Correctly rounded sums of terms that do not fall do not fall either.
    errors = np.array([math.fsum(row) for row in terms.tolist()])
    return Path(tuple(curve.name for curve in curves), tuple(costs), errors, widths)


def every_width(curve: ErrorCurve, widths: tuple[int, ...]) -> Sequence[int]:
    """Price every single removal."""
    return widths
