"""Groups of points stand for their points: the recursion that makes Carathéodory's theorem linear in their number."""

from __future__ import annotations

from math import isqrt

import numpy as np

from theoryprune.geometry.arguments import Floats, Indices, require_finite
from theoryprune.geometry.eliminate import eliminate

_CELL = 1024
"""Rows summed in one go. What rounding takes from a sum grows with this, and not with the number of points."""


_NEGLIGIBLE = 1e-150
"""Share of every sum below which a row is dropped: its new weight might overflow, and no sum shows its loss."""


def unit_rows(products: Floats, masses: Floats) -> tuple[Floats, Floats]:
    """Scale weighted points, with their weights as one more coordinate, so that no unit of measurement matters.

    Parameters
    ----------
    products : ndarray, shape (k, d)
        Points times their weights.
    masses : ndarray, shape (k,)
        The weights; not negative, not all 0.

    Returns
    -------
    rows : ndarray, shape (k, d + 1)
        Of length 1, or 0 where what they stand for is negligible.
    lengths : ndarray, shape (k,)
        ``lengths[:, None] * rows`` are the products and the masses, with each column divided by the sum of its absolute
        values.
    """
    scale = np.abs(products).sum(axis=0)
    rows = np.column_stack([products / np.where(scale > 0, scale, 1), masses / masses.sum()])
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    lengths[lengths <= _NEGLIGIBLE] = 0
    rows /= np.where(lengths > 0, lengths, np.inf)[:, None]
    return rows, lengths


def reduce_by_groups(points: Floats, weights: Floats, mult: int | None) -> tuple[Indices, Floats, Floats]:
    """Find at most d + 1 of the points, with weights of the same sums.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        C-contiguous; those of weight 0 must be finite.
    weights : ndarray, shape (n,)
        Not negative.
    mult : int, optional
        Groups at each level, in multiples of d + 1; by default what takes the least time.

    Returns
    -------
    indices : ndarray of int64, shape (s,)
        Ascending.
    weights : ndarray, shape (s,)
        Positive.
    target : ndarray, shape (d,)
        ``points.T @ weights``.

    Raises
    ------
    ValueError
        If a point is not finite, or the sums exceed float64.
    """
    c = points.shape[1] + 1
    target, indices = None, None
    while len(points) > (groups := c * (mult or _multiple(len(points), c))):
        size = _group_size(len(points), groups)
        sums, masses = group_sums(points, weights, size)
        if target is None:
            target = _total(sums, points)
        kept, factors = reduce_products(sums, masses)
        # Slices, not fancy indices: whole runs of rows are copied, and only those of the groups that stay.
        runs = [slice(group * size, min((group + 1) * size, len(points))) for group in kept.tolist()]
        if indices is None:
            indices = np.concatenate([np.arange(run.start, run.stop) for run in runs])
        else:
            indices = np.concatenate([indices[run] for run in runs])
        points = np.concatenate([points[run] for run in runs])
        weights = np.concatenate([weights[run] * factor for run, factor in zip(runs, factors, strict=True)])
    products = weights[:, None] * points
    if target is None:
        target = _total(products, points)
    kept, factors = reduce_products(products, weights)
    return kept if indices is None else indices[kept], weights[kept] * factors, target


def reduce_products(products: Floats, masses: Floats) -> tuple[Indices, Floats]:
    """Return at most d + 1 of the rows, ascending, and by what to multiply them so that all sums stay."""
    rows, lengths = unit_rows(products, masses)
    some = np.flatnonzero(lengths)
    kept, shares = eliminate(rows[some], lengths[some])
    kept, order = some[kept], np.argsort(some[kept])
    return kept[order], (shares / lengths[kept])[order]


def group_sums(points: Floats, weights: Floats, size: int) -> tuple[Floats, Floats]:
    """Sum the weighted points, and the weights, over runs of `size` rows, of which the last may be shorter.

    Notes
    -----
    One pass, without an array of the points' size. A run of more than 1024 rows must be a multiple of its number of
    cells, ``ceil(size / 1024)``.
    """
    n, d = points.shape
    cells = -(-size // _CELL)
    full, cell = n // size, size // cells
    inner = full * size
    with np.errstate(invalid="ignore", over="ignore"):  # the caller looks whether the sums are finite
        sums = np.matmul(weights[:inner].reshape(-1, 1, cell), points[:inner].reshape(-1, cell, d))
        sums = sums.reshape(full, cells, d).sum(axis=1)
        masses = weights[:inner].reshape(full, size).sum(axis=1)
        if inner == n:
            return sums, masses
        rest = sum((weights[i : i + cell] @ points[i : i + cell] for i in range(inner, n, cell)), np.zeros(d))
    return np.vstack([sums, rest]), np.append(masses, weights[inner:].sum())


def _total(sums: Floats, points: Floats) -> Floats:
    """Return the sum of sums, and refuse points that show in them as not finite."""
    with np.errstate(invalid="ignore", over="ignore"):
        total: Floats = sums.sum(axis=0)
    if not np.isfinite(total).all():
        require_finite(points, "points")
        raise ValueError("points must have weighted sums within float64; divide them by their largest entry")
    return total


def _multiple(count: int, c: int) -> int:
    """Balance the time for the groups, about 5 + c units for each, with that for a pass over what they leave."""
    return min(24, max(6, isqrt(count // (300 + 60 * c))))


def _group_size(count: int, groups: int) -> int:
    size = -(-count // groups)
    cells = -(-size // _CELL)
    return cells * -(-size // cells)
