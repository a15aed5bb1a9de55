"""Remove what adds the least error for what it saves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from theoryprune.coresets.allocation import Path
from theoryprune.coresets.curve import ErrorCurve, hull
from theoryprune.coresets.removals import follow
from theoryprune.measures import WidthCost


def marginal(curves: Sequence[ErrorCurve], cost: WidthCost) -> Path:
    """Follow the lower convex hulls of the curves, always where the error grows least for what is saved.

    Parameters
    ----------
    curves : sequence of ErrorCurve
    cost : WidthCost

    Returns
    -------
    Path

    Notes
    -----
    The price of a removal is ``t (E(m') - E(m)) / saving(m -> m')`` between neighbouring points m > m' of the hull,
    the saving at the current widths of the other groups. A segment once begun is finished first.

    *Law.* With convex curves and one saving common to all units of all groups, each row has the least error of all
    networks of its cost. With savings that differ between groups but not with the widths, each row at the end of a
    segment has the least error of all networks that cost no more than it does. *Proof.* With lambda the price of the
    last removal, the row minimises ``sum_l t_l E_l(w_l) + lambda cost(w)``, since each term's minimum over a hull is
    where the slope passes ``lambda`` times the saving.
    """

    def price(curve: ErrorCurve, before: int, after: int, widths: Mapping[str, int]) -> float:
        added = curve.error(after) - curve.error(before)
        saved = cost.saving(widths, curve.name, before - after)
        return added / saved if saved else float("inf")

    return follow(curves, cost, price, hull)
