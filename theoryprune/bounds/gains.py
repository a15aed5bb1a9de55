"""The four bounds on the gain of a pair, each proved, with the diagonals that prove them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from theoryprune.bounds.centre import centre_bound, linear_norm_up, middle_norm_up
from theoryprune.bounds.fold import Indices
from theoryprune.bounds.lmi import proved_gain
from theoryprune.bounds.pair import Pair
from theoryprune.bounds.rounding import Floats, scale_up, up
from theoryprune.bounds.sector_program import best_sector
from theoryprune.bounds.sector_value import sector_of, sector_square
from theoryprune.bounds.tri_prod import balances, product_bound, triangle_bound

Effort = Literal["fast", "default", "high"]
EFFORTS: tuple[str, ...] = get_args(Effort)
_GAPS = {"default": 1e-3, "high": 1e-6}
_STEPS = {"default": 60, "high": 200}
_LARGEST = 2000  # rows of the barrier; beyond, T comes from the closed-form D alone
_LARGEST_PROOF = 6000  # rows of the matrix inequality


@dataclass(frozen=True, eq=False)
class GainBounds:
    """Upper bounds of ``sup ||err(x)|| / ||x||``, rounding included; infinity for one that was not computed or proved.

    Parameters
    ----------
    triangle, product, centre, schur : float
        By `triangle_bound`, `product_bound`, `centre_bound` and the matrix inequality of `is_sector_bound`.
    balance, centre_balance : ndarray, shape (k,)
        The diagonal D behind `product` and behind `centre`, for the scaling of `Pair`.
    sector : ndarray, shape (k,), or None
        The multipliers T behind `schur`; None where it is infinite, or exact because every slope is 1.
    exponent, columns, shares : int, ndarray of int, shape (k,), ndarray of int, shape (k,)
        Of the `Pair`.
    """

    triangle: float
    product: float
    centre: float
    schur: float
    balance: Floats
    centre_balance: Floats
    sector: Floats | None
    exponent: int
    columns: Indices
    shares: Indices

    @property
    def best(self) -> float:
        """The least of the four."""
        return min(self.triangle, self.product, self.centre, self.schur)


def gain_bounds(pair: Pair, effort: Effort = "default", nonnegative: bool = False) -> GainBounds:
    """Bound the gain of a pair in four ways.

    Parameters
    ----------
    pair : Pair
    effort : {"fast", "default", "high"}
        Without `schur`; with it to a relative gap of the square of 1e-3; of 1e-6.
    nonnegative : bool
        Whether only inputs with x >= 0 count; it helps the triangle bound only.

    Raises
    ------
    ValueError
        For another effort.

    Notes
    -----
    At slope 0, `schur` is at most `product` up to 1e-9, because the multipliers of every D tried are tried too. Cost
    O(k d (p + min(k, d))) for ``fast``, then that of `best_sector`.
    """
    if effort not in EFFORTS:
        raise ValueError(f"effort must be one of {', '.join(EFFORTS)}, got {effort!r}")
    triangle = _whole(pair, triangle_bound(pair, nonnegative))
    if not len(pair.slopes):
        nothing = np.ones(0)
        bounds = (triangle, triangle, triangle, triangle)
        return GainBounds(*bounds, nothing, nothing, None, pair.exponent, pair.columns, pair.shares)
    tried = balances(pair)
    schur, sector = float("inf"), None
    if (pair.slopes == 1).all():
        schur = linear_norm_up(pair, pair.slopes)
    elif effort != "fast" and sum(pair.right.shape) <= _LARGEST_PROOF:
        starts = [sector_of(pair, balance) for balance in tried]
        found = _optimised(pair, starts, effort)
        tried.append(np.sqrt(found))
        schur, sector = _first_proved(pair, [found, *starts, sector_of(pair, tried[-1])])
    products = [product_bound(pair, balance) for balance in tried]
    linear = middle_norm_up(pair)
    centres = [centre_bound(pair, balance, linear, known) for balance, known in zip(tried, products, strict=True)]
    first, second = int(np.argmin(products)), int(np.argmin(centres))
    return GainBounds(
        triangle=triangle,
        product=_whole(pair, products[first]),
        centre=_whole(pair, centres[second]),
        schur=_whole(pair, schur),
        balance=tried[first],
        centre_balance=tried[second],
        sector=sector,
        exponent=pair.exponent,
        columns=pair.columns,
        shares=pair.shares,
    )


def _optimised(pair: Pair, starts: list[Floats], effort: Effort) -> Floats:
    start = min(starts, key=lambda sector: sector_square(pair, sector))
    k, d = pair.right.shape
    if k + min(k, d) > _LARGEST:
        return start
    return best_sector(pair, start, _GAPS[effort], _STEPS[effort]).multipliers


def _first_proved(pair: Pair, sectors: list[Floats]) -> tuple[float, Floats | None]:
    squares = [sector_square(pair, sector) for sector in sectors]
    for place in np.argsort(squares):
        gain = proved_gain(pair, sectors[place], squares[place])
        if np.isfinite(gain):
            return gain, sectors[place]
    return float("inf"), None


def _whole(pair: Pair, gain: float) -> float:
    """With the rounding of the pair, at the scale of the layer."""
    return scale_up(up(gain + pair.rounding, terms=2), pair.exponent)
