"""Every bound again from its diagonal, in extended precision and by eigenvalues: the first half of the checker."""

from __future__ import annotations

from typing import Any

import numpy as np

from theoryprune.bounds.fold import Indices
from theoryprune.bounds.gains import GainBounds
from theoryprune.bounds.layer import Layer
from theoryprune.bounds.rounding import Floats

Long = Any
"""An array of np.longdouble."""


def wrong_bounds(
    bounds: GainBounds, layer: Layer, assignment: Any, multipliers: Floats, nonnegative: bool, tol: float
) -> str:
    """Return what is not so in the four bounds of a layer, empty if nothing.

    Parameters
    ----------
    bounds : GainBounds
    layer : Layer
    assignment, multipliers : ndarray, shape (n,)
        The fold.
    nonnegative : bool
    tol : float
        Relative.
    """
    values = (bounds.triangle, bounds.product, bounds.centre, bounds.schur)
    if any(np.isnan(value) or value < 0 for value in values):
        return "a bound is NaN or negative"
    served = multipliers > 0
    if (
        (multipliers < 0).any()
        or not np.isfinite(multipliers).all()
        or not np.isin(assignment[served], layer.kept).all()
    ):
        return "the fold is none"
    if (layer.slopes[assignment[served]] != layer.slopes[served]).any():
        return "a unit is folded into one of another slope"
    left, right, slopes = _stack(layer, assignment, multipliers)
    sizes = long_norms(left.T) * long_norms(right)
    # A column that the diagonals leave out, or that is too small to matter, counts with its size.
    real = np.isin(np.arange(len(slopes)), bounds.columns) & (sizes > 1e-11 * sizes.max(initial=0))
    rest = sizes[~real].sum()
    # What was rounded in float64 differs from the residuals here by so much, however small these are.
    noise = 1e-14 * float((long_norms(layer.outgoing.T) * long_norms(layer.rows)).sum())
    if sizes.sum() <= noise:  # nothing but rounding: the diagonals were made for other digits
        return ""
    places = np.searchsorted(bounds.columns, np.flatnonzero(real))
    columns, shares = bounds.columns[places], bounds.shares[places]
    a = np.ldexp(left[:, columns], shares - bounds.exponent).astype(np.float64)
    b = np.ldexp(right[columns], -shares[:, None]).astype(np.float64)
    low = slopes[columns]
    diagonals = (bounds.balance, bounds.centre_balance, *(() if bounds.sector is None else (bounds.sector,)))
    if any(len(given) != len(bounds.columns) or not (np.isfinite(given) & (given > 0)).all() for given in diagonals):
        return "a diagonal is not positive"
    for name, value in _again(bounds, a, b, low, places, nonnegative).items():
        scaled = np.ldexp(np.longdouble(value), bounds.exponent)
        if not float(scaled + rest) <= getattr(bounds, name) * (1 + tol) + noise:
            return f"{name} is stated as {getattr(bounds, name):.12g}, its diagonal proves {float(scaled):.12g}"
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


def _again(
    bounds: GainBounds, a: Floats, b: Floats, low: Floats, places: Indices, nonnegative: bool
) -> dict[str, float]:
    """The four bounds from the diagonals."""
    if not len(low):
        return dict.fromkeys(("triangle", "product", "centre", "schur"), 0.0)
    rows = long_norms(b)
    if nonnegative:
        rows = np.maximum(long_norms(np.maximum(b, 0)), long_norms(np.minimum(b, 0)))
    d, c = bounds.balance[places], bounds.centre_balance[places]
    middle, rest = (1 + low) / 2, (1 - low) / 2
    linear = np.linalg.norm((a * middle) @ b, 2)
    found = {
        "triangle": float((long_norms(a.T) * rows).sum()),
        "product": float(np.linalg.norm(a / d, 2) * np.linalg.norm(d[:, None] * b, 2)),
        "centre": float(linear + np.linalg.norm(a * rest / c, 2) * np.linalg.norm(c[:, None] * b, 2)),
    }
    if bounds.sector is not None:
        found["schur"] = _schur(a, b, low, bounds.sector[places])
    elif np.isfinite(bounds.schur):
        found["schur"] = float(linear) if (low == 1).all() else float("inf")
    return found


def _schur(a: Floats, b: Floats, low: Floats, sector: Floats) -> float:
    root = np.sqrt(sector)
    scaled = a / root
    values, vectors = np.linalg.eigh(np.eye(len(root)) - scaled.T @ scaled)
    if values[0] <= 0:
        return float("inf")
    weighted = vectors.T @ (((1 + low) / 2 * root)[:, None] * b)
    square = weighted.T @ (weighted / values[:, None]) - b.T @ ((low * sector)[:, None] * b)
    return float(np.sqrt(max(np.linalg.eigvalsh(square)[-1], 0.0)))


def long_norms(rows: Long) -> Long:
    """Return the norms of the rows, in the precision of the rows."""
    return np.sqrt((rows * rows).sum(axis=1))
