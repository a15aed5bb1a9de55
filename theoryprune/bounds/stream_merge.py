"""One merge for all producers of a residual stream: the checked fold and its residual rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.bounds.arguments import as_fold, as_kept_units
from theoryprune.bounds.fold import Indices
from theoryprune.bounds.rounding import UNIT, Floats

_TINY = 2.0**-1070  # above the underflow of one product


def checked_merge(assignment: ArrayLike, multipliers: ArrayLike, kept: ArrayLike) -> tuple[Indices, Floats, Indices]:
    """Return the merge as checked arrays, and the pruned units.

    Raises
    ------
    TypeError, ValueError
        As `as_fold` and `as_kept_units`.
    """
    count = len(np.asarray(multipliers))
    chosen = as_kept_units(kept, count)
    target, factors = as_fold(assignment, multipliers, chosen, np.zeros(count))
    return target, factors, np.setdiff1d(np.arange(count), chosen, assume_unique=True)


def residual_rows(rows: Floats, target: Indices, factors: Floats) -> tuple[Floats, Floats]:
    """Return the rows ``w_j - a_j w_c(j)`` of pruned units, zero for kept ones, and a bound of each entry's rounding.

    Parameters
    ----------
    rows : ndarray, shape (n, d)
    target, factors : ndarray, shape (n,)
        Of `checked_merge`.
    """
    pruned = (target != np.arange(len(rows)))[:, None]
    merged = pruned & (factors > 0)[:, None]
    parts = np.where(merged, factors[:, None] * rows[target], 0.0)
    residual = np.where(pruned, rows - parts, 0.0)
    spread = np.abs(rows) + 2 * np.abs(parts)
    return residual, np.where(merged, 3 * UNIT * spread + _TINY, 0.0)
