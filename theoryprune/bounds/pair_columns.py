"""The columns of A and rows of B that the units of a layer give, and how far float64 may be from them."""

from __future__ import annotations

import numpy as np

from theoryprune.bounds.fold import Indices
from theoryprune.bounds.layer import Layer
from theoryprune.bounds.rounding import UNIT, Floats, row_norms_up

_TINY = 2.0**-1030  # above the underflow of the products in one row or column

Block = tuple[Floats, Floats, Floats, Floats, Floats]
"""Columns of A, bounds for the norms of their errors, rows of B, the same for these, and slopes."""


def pruned_columns(layer: Layer, assignment: Indices, multipliers: Floats) -> Block:
    """Return ``v_j`` and ``w_j - a_j w_c(j)`` of the pruned units.

    Notes
    -----
    Two roundings: an entry is off by at most ``u |w_j| + (2 u + u^2) a_j |w_c|``, within ``2.5 u`` of the sum below.
    Infinite where a multiplier is too large for float64.
    """
    units = layer.pruned
    factors, targets = multipliers[units], layer.rows[assignment[units]]
    own = layer.rows[units]
    with np.errstate(over="ignore", invalid="ignore"):
        residuals = own - factors[:, None] * targets
        spread = np.abs(own) + 2 * factors[:, None] * np.abs(targets)
    errors = np.where(factors > 0, 2.5 * UNIT * row_norms_up(spread) + _TINY, 0.0)
    return layer.outgoing[:, units], np.zeros(len(units)), residuals, errors, layer.slopes[units]


def refitted_columns(layer: Layer, assignment: Indices, multipliers: Floats) -> Block:
    """Return ``v_i + sum a_j v_j - u_i`` and ``w_i`` of the kept units.

    Notes
    -----
    With q units folded into one, the sum is off by at most ``gamma_{q+1} (|v_i| + sum a_j |v_j|)`` and the difference
    by one rounding. Infinite where a multiplier is too large for float64.
    """
    units = layer.pruned[multipliers[layer.pruned] > 0]
    place = np.searchsorted(layer.kept, assignment[units])
    folded, spread = layer.outgoing[:, layer.kept].T.copy(), np.abs(layer.outgoing[:, layer.kept]).T
    counts = np.bincount(place, minlength=len(layer.kept))
    with np.errstate(over="ignore", invalid="ignore"):
        parts = (layer.outgoing[:, units] * multipliers[units]).T
        np.add.at(folded, place, parts)
        np.add.at(spread, place, np.abs(parts))
        change = folded - layer.new_outgoing.T
    folding = np.where(counts > 0, 2.5 * (counts + 1) * UNIT * row_norms_up(spread) + _TINY, 0.0)
    errors = 2.5 * UNIT * row_norms_up(change) + folding
    return change.T, errors, layer.rows[layer.kept], np.zeros(len(layer.kept)), layer.slopes[layer.kept]


def changed_columns(layer: Layer) -> Block:
    """Return ``u_i`` and ``w_i - w'_i`` of the kept units, one rounding each."""
    change, none = layer.rows[layer.kept] - layer.new_rows, np.zeros(len(layer.kept))
    return layer.new_outgoing, none, change, 2 * UNIT * row_norms_up(change), layer.slopes[layer.kept]
