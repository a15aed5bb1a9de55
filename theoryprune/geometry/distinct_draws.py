"""How many different rows independent draws meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.geometry.arguments import Floats, as_count, as_weights
from theoryprune.geometry.fixed_pps import chances_of

_MOST = 2**53


def expected_distinct(scores: ArrayLike, draws: int) -> float:
    """Return how many different rows independent draws meet on average.

    Parameters
    ----------
    scores : array_like, shape (n,)
        Non-negative; the chance of a row is its score over their sum.
    draws : int

    Returns
    -------
    float
        ``sum_j 1 - (1 - p_j)^draws``.

    Raises
    ------
    TypeError, ValueError
        If `draws` is no positive integer, or the scores are negative, not finite or all zero.

    Examples
    --------
    >>> expected_distinct([1, 1], 2)
    1.5
    """
    return _expected(_missed(scores), as_count(draws, "draws"))


def draws_for_distinct(scores: ArrayLike, budget: int) -> int:
    """Return the least number of draws that meet so many different rows on average.

    Parameters
    ----------
    scores : array_like, shape (n,)
    budget : int
        Different rows, fewer than have a positive score: no number of draws meets all of them for certain.

    Returns
    -------
    int

    Raises
    ------
    TypeError, ValueError
        As `expected_distinct`; or if `budget` is out of reach, also where it takes more than 2**53 draws.

    Notes
    -----
    Bisection on `expected_distinct`, which grows with the draws. Cost O(n) for each of about 100 steps.

    Examples
    --------
    >>> draws_for_distinct([1, 1, 1, 1], 3)
    5
    """
    missed, wanted = _missed(scores), as_count(budget, "budget")
    if wanted >= len(missed):
        raise ValueError(f"budget must be below the number of rows with a positive score, {len(missed)}, got {wanted}")
    low, high = 0, wanted
    while _expected(missed, high) < wanted:
        low, high = high, 2 * high
        if high > _MOST:
            raise ValueError(f"{wanted} different rows take more than 2**53 draws: the scores are too unequal")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _expected(missed, middle) >= wanted else (middle, high)
    return high


def _missed(scores: ArrayLike) -> Floats:
    """Return the logarithm of the chance that a draw misses a row, for each row that can be met."""
    array = as_weights(scores, np.size(scores), "scores")
    with np.errstate(divide="ignore"):  # a chance that rounds to 1 is never missed
        return np.asarray(np.log1p(-chances_of(array[array > 0])))


def _expected(missed: Floats, draws: int) -> float:
    return float(-np.expm1(draws * missed).sum())
