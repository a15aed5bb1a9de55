"""The four bounds on the gain of a pair, each proved."""

from __future__ import annotations

from functools import partial

import numpy as np

from theoryprune.bounds.centre import centre_bound, linear_norm_up, middle_norm_up
from theoryprune.bounds.effort import Effort, check_effort
from theoryprune.bounds.gain_bounds import GainBounds, nothing_stated, stated
from theoryprune.bounds.lmi import is_sector_bound
from theoryprune.bounds.pair import Pair
from theoryprune.bounds.proof import first_proved
from theoryprune.bounds.rounding import Floats
from theoryprune.bounds.sector_program import best_sector
from theoryprune.bounds.sector_value import sector_of, sector_square
from theoryprune.bounds.tri_prod import balances, product_bound, triangle_bound

_GAPS = {"default": 1e-3, "high": 1e-6}
_STEPS = {"default": 60, "high": 200}
_LARGEST = 2000  # rows of the barrier; beyond, T comes from the closed-form D alone
_LARGEST_PROOF = 6000  # rows of the matrix inequality


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
    check_effort(effort)
    if not len(pair.slopes):
        return nothing_stated(pair, pair.rounding)
    tried = balances(pair)
    schur, sector = float("inf"), None
    if (pair.slopes == 1).all():
        schur = linear_norm_up(pair, pair.slopes)
    elif effort != "fast" and sum(pair.right.shape) <= _LARGEST_PROOF:
        starts = [sector_of(pair, balance) for balance in tried]
        found = _optimised(pair, starts, effort)
        tried.append(np.sqrt(found))
        sectors = [found, *starts, sector_of(pair, tried[-1])]
        schur, sector = first_proved(sectors, partial(sector_square, pair), partial(is_sector_bound, pair))
    products = [product_bound(pair, balance) for balance in tried]
    linear = middle_norm_up(pair)
    centres = [centre_bound(pair, balance, linear, known) for balance, known in zip(tried, products, strict=True)]
    one, two = int(np.argmin(products)), int(np.argmin(centres))
    gains = (triangle_bound(pair, nonnegative), products[one], centres[two], schur)
    return stated(pair, pair.rounding, gains, tried[one], tried[two], sector)


def _optimised(pair: Pair, starts: list[Floats], effort: Effort) -> Floats:
    start = min(starts, key=lambda sector: sector_square(pair, sector))
    k, d = pair.right.shape
    if k + min(k, d) > _LARGEST:
        return start
    return best_sector(pair, start, _GAPS[effort], _STEPS[effort]).multipliers
