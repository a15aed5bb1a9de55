"""Whether the arrays of a certificate are what they should be, before anything is computed from them."""

from __future__ import annotations

from typing import Any

import numpy as np

from theoryprune.bounds.gain_bounds import GainBounds
from theoryprune.bounds.layer import Layer
from theoryprune.bounds.rounding import Floats

# What float64 would lose cannot be checked in it: columns, rows and diagonals must be far from the ends of its range.
SIZES = 2.0**-100, 2.0**100
"""Of scaled columns and rows."""
DIAGONALS = 2.0**-400, 2.0**400
"""Of D and T."""


def wrong_fold(layer: Layer, assignment: Any, multipliers: Floats) -> str:
    """Return what is not so in a fold of the layer, empty if nothing.

    Parameters
    ----------
    layer : Layer
    assignment, multipliers : ndarray, shape (n,)
    """
    n, targets = len(layer.slopes), np.asarray(assignment)
    if np.shape(multipliers) != (n,) or targets.shape != (n,) or targets.dtype.kind not in "iu":
        return "the fold is none"
    served = multipliers > 0
    if not (np.isfinite(multipliers) & (multipliers >= 0)).all() or not np.isin(targets[served], layer.kept).all():
        return "the fold is none"
    if (layer.slopes[targets[served]] != layer.slopes[served]).any():
        return "a unit is folded into one of another slope"
    return ""


def wrong_shape(bounds: GainBounds, count: int) -> str:
    """Return what is not so in the diagonals and in the columns that they are about, empty if nothing.

    Parameters
    ----------
    bounds : GainBounds
    count : int
        How many columns A has.
    """
    columns, shares = np.asarray(bounds.columns), np.asarray(bounds.shares)
    if columns.ndim != 1 or shares.shape != columns.shape or {columns.dtype.kind, shares.dtype.kind} != {"i"}:
        return "the columns are none"
    if len(columns) and (columns[0] < 0 or columns[-1] >= count or (np.diff(columns) <= 0).any()):
        return "the columns are out of order"
    diagonals = (bounds.balance, bounds.centre_balance, *(() if bounds.sector is None else (bounds.sector,)))
    if any(np.shape(given) != columns.shape or not within(given, DIAGONALS) for given in diagonals):
        return "a diagonal is not positive, or too far from 1"
    return ""


def within(values: Any, limits: tuple[float, float]) -> bool:
    """Whether all values lie strictly between two limits; NaN does not."""
    return bool(((values > limits[0]) & (values < limits[1])).all())
