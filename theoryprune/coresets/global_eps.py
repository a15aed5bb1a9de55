"""One error for all groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from theoryprune.coresets.allocation import Path
from theoryprune.coresets.curve import ErrorCurve
from theoryprune.coresets.removals import every_width, follow
from theoryprune.measures import WidthCost


def global_eps(curves: Sequence[ErrorCurve], cost: WidthCost) -> Path:
    """Let every group lose channels up to the same error, relative to what it computes.

    Notes
    -----
    The widths for eps are ``m_l(eps) = min{m : E_l(m) <= eps E_l(0)}``. A removal to m belongs to all eps from
    ``E_l(m) / E_l(0)`` on, so the removals in the order of that ratio pass through the widths of every eps: no search
    for eps is needed, and between two of its values the groups change one by one.
    """

    def price(curve: ErrorCurve, before: int, after: int, widths: Mapping[str, int]) -> float:
        whole = float(curve.errors[0])
        return float(curve.errors[after]) / whole if whole else 0.0

    return follow(curves, cost, price, every_width)


def absolute_eps(curves: Sequence[ErrorCurve], cost: WidthCost) -> Path:
    """Let every group lose channels up to the same weighted error, ``t_l E_l(m) <= eps``; see `global_eps`."""

    def price(curve: ErrorCurve, before: int, after: int, widths: Mapping[str, int]) -> float:
        return curve.error(after)

    return follow(curves, cost, price, every_width)
