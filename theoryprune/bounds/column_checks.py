"""The columns of A and rows of B again, in extended precision, at the scale of the diagonals of a certificate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from theoryprune.bounds.fold import Indices
from theoryprune.bounds.gain_bounds import GainBounds
from theoryprune.bounds.layer import Layer
from theoryprune.bounds.record_checks import SIZES, within, wrong_fold, wrong_shape
from theoryprune.bounds.rounding import Floats

Long = Any
"""An array of np.longdouble."""


@dataclass(frozen=True, eq=False)
class Columns:
    """The part of A and B that the diagonals are about.

    Parameters
    ----------
    left, right, slopes : ndarray, shape (p, k), (k, d), (k,)
        A and B, without their common power of two.
    places : ndarray of int, shape (k,)
        Where each stands in the diagonals.
    rest : float
        What the other columns add to any bound, without the power of two.
    noise : float
        How far float64 may have come from the residuals here.
    """

    left: Floats
    right: Floats
    slopes: Floats
    places: Indices
    rest: Long
    noise: float


def columns_of(bounds: GainBounds, layer: Layer, assignment: Any, multipliers: Floats) -> Columns | str:
    """Return the columns, or what is wrong with the certificate: empty if there is nothing but rounding to bound.

    Parameters
    ----------
    bounds : GainBounds
    layer : Layer
    assignment, multipliers : ndarray, shape (n,)
        The fold.
    """
    values = (bounds.triangle, bounds.product, bounds.centre, bounds.schur)
    if any(np.isnan(value) or value < 0 for value in values):
        return "a bound is NaN or negative"
    if problem := wrong_fold(layer, assignment, multipliers):
        return problem
    left, right, slopes = _stack(layer, assignment, multipliers)
    if problem := wrong_shape(bounds, len(slopes)):
        return problem
    sizes = long_norms(left.T) * long_norms(right)
    # What was rounded in float64 differs from the residuals here by so much, however small these are.
    noise = 1e-14 * float(_rounded(layer, assignment, multipliers))
    if sizes.sum() <= noise:  # nothing but rounding: the diagonals were made for other digits
        return ""
    # A column that the diagonals leave out, or that is too small to matter, counts with its size.
    order = np.argsort(sizes)
    hidden = np.zeros(len(sizes), dtype=bool)
    hidden[order] = np.cumsum(sizes[order]) <= noise / 2
    real = np.isin(np.arange(len(slopes)), bounds.columns) & ~hidden & (sizes > 1e-11 * sizes.max(initial=0))
    places = np.searchsorted(bounds.columns, np.flatnonzero(real))
    columns, shares = bounds.columns[places], bounds.shares[places]
    long_a, long_b = np.ldexp(left[:, columns], shares - bounds.exponent), np.ldexp(right[columns], -shares[:, None])
    if not (within(long_norms(long_a.T), SIZES) and within(long_norms(long_b), SIZES)):
        return "the scale of a column is another one"
    a, b = long_a.astype(np.float64), long_b.astype(np.float64)
    rest = np.ldexp(sizes[~real].sum(), -bounds.exponent)
    return Columns(a, b, slopes[columns], places, rest, noise)


def _rounded(layer: Layer, assignment: Any, multipliers: Floats) -> Long:
    """The sizes of what the fold adds up: only there does float64 round by more than a share of the result."""
    units = layer.pruned[multipliers[layer.pruned] > 0]
    targets, factors = assignment[units], multipliers[units]
    columns, rows = (long_norms(np.asarray(m, dtype=np.longdouble)) for m in (layer.outgoing.T, layer.rows))
    moved = columns[units] * (rows[units] + 2 * factors * rows[targets])
    used = np.unique(targets)
    return moved.sum() + (columns[used] * rows[used]).sum()


def unproved(bounds: GainBounds, found: dict[str, float], columns: Columns, factor: float, tol: float) -> str:
    """Return the first bound below what its diagonal proves, empty if there is none.

    Parameters
    ----------
    bounds : GainBounds
        As stated.
    found : dict
        The same again, by name, without their power of two.
    columns : Columns
    factor : float
        Of the small columns, where a bound counts more than their norms.
    tol : float
        Relative.
    """
    for name, value in found.items():
        proved = float(np.ldexp(np.longdouble(value) + factor * columns.rest, bounds.exponent))
        if not proved <= getattr(bounds, name) * (1 + tol) + factor * columns.noise:
            return f"{name} is stated as {getattr(bounds, name):.12g}, its diagonal proves {proved:.12g}"
    return ""


def _stack(layer: Layer, assignment: Any, multipliers: Floats) -> tuple[Long, Long, Floats]:
    """A and B of the theorem, all columns, in extended precision."""
    pruned, kept = layer.pruned, layer.kept
    long = [
        np.asarray(m, dtype=np.longdouble) for m in (layer.outgoing, layer.rows, layer.new_outgoing, layer.new_rows)
    ]
    outgoing, rows, new_outgoing, new_rows = long
    fold = np.zeros((len(pruned), len(kept)), dtype=np.longdouble)
    for place, unit in enumerate(pruned):
        if multipliers[unit] > 0:
            fold[place, np.searchsorted(kept, assignment[unit])] = multipliers[unit]
    left = [outgoing[:, pruned], outgoing[:, kept] + outgoing[:, pruned] @ fold - new_outgoing]
    right, slopes = [rows[pruned] - fold @ rows[kept], rows[kept]], [layer.slopes[pruned], layer.slopes[kept]]
    if (layer.new_rows != layer.rows[kept]).any():
        left.append(new_outgoing)
        right.append(rows[kept] - new_rows)
        slopes.append(layer.slopes[kept])
    if layer.shift.any() and layer.tau is not None:
        last = np.zeros((1, rows.shape[1]), dtype=np.longdouble)
        last[0, -1] = 1 / np.longdouble(layer.tau)
        left.append(np.asarray(layer.shift, dtype=np.longdouble)[:, None])
        right.append(last)
        slopes.append(np.ones(1))
    return np.concatenate(left, axis=1), np.concatenate(right), np.concatenate(slopes)


def long_norms(rows: Long) -> Long:
    """Return the norms of the rows, in the precision of the rows."""
    return np.sqrt((rows * rows).sum(axis=1))
