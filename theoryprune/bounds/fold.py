"""Which kept unit stands for which pruned one: the nearest ray."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theoryprune.bounds.rounding import Floats, exponents, row_norms_up

Indices = NDArray[np.int64]


def nearest_rays(rows: Floats, kept: Indices, slopes: Floats) -> tuple[Indices, Floats]:
    """Return for each unit the kept unit whose ray its row is nearest to, and the multiplier of the nearest point.

    Parameters
    ----------
    rows : ndarray, shape (n, d)
        Incoming weights w_j, one unit in each row.
    kept : ndarray of int, shape (m,)
        Indices of the kept units, sorted.
    slopes : ndarray, shape (n,)
        Slopes of the activation below 0. A unit only goes to one of the same slope.

    Returns
    -------
    assignment : ndarray of int, shape (n,)
        c(j), an index of a unit; a kept unit goes to itself, -1 for a dropped one.
    multipliers : ndarray, shape (n,)
        ``a_j >= 0``: 1 for the kept units, 0 for the dropped ones.

    Notes
    -----
    ``||w_j - a w_c||^2`` is least at ``a = (w_j . w_c)_+ / ||w_c||^2`` and then ``||w_j||^2 - s^2`` with ``s = (w_j .
    w_c)_+ / ||w_c||``, so the nearest ray is the one of largest s: nothing cancels, and a multiple of a kept row is
    found whatever its length. Ties go to the lowest index. Cost O(n m d).
    """
    scale = exponents(rows, axis=1)
    shapes = np.ldexp(rows, -scale[:, None])
    norms = row_norms_up(shapes)
    directions = shapes[kept] / np.where(norms[kept] > 0, norms[kept], 1.0)[:, None]
    along = np.maximum(shapes @ directions.T, 0.0)
    along[slopes[:, None] != slopes[kept][None, :]] = 0.0
    best = along.argmax(axis=1)
    assignment = kept[best]
    reached = np.take_along_axis(along, best[:, None], axis=1)[:, 0]
    with np.errstate(over="ignore"):
        lengths = np.where(norms[assignment] > 0, norms[assignment], 1.0)
        multipliers = np.ldexp(reached / lengths, scale - scale[assignment])
    multipliers[~np.isfinite(multipliers)] = 0.0  # too long for this ray in float64: dropped, which is sound
    assignment[multipliers == 0] = -1
    assignment[kept], multipliers[kept] = kept, 1.0
    return assignment, multipliers
