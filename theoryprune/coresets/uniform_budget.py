"""The same fraction of every group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from theoryprune.coresets.allocation import Path
from theoryprune.coresets.curve import ErrorCurve
from theoryprune.coresets.removals import every_width, follow
from theoryprune.measures import WidthCost


def uniform_budget(curves: Sequence[ErrorCurve], cost: WidthCost) -> Path:
    """Keep the same fraction of every group, up to rounding; errors play no role.

    Notes
    -----
    Removals go in the order of ``(m + m') / 2n``, the largest first, from m to m' of n channels: every group is
    rounded to the nearest width at each common fraction (Webster's divisor method). Rounding by largest remainders
    would not be monotone: a group can then lose a channel when the budget grows (the Alabama paradox).
    """

    def price(curve: ErrorCurve, before: int, after: int, widths: Mapping[str, int]) -> float:
        return -(before + after) / (2 * curve.size)

    return follow(curves, cost, price, every_width)
