"""Every bound again from its diagonal, in extended precision and by eigenvalues: the first half of the checker."""

from __future__ import annotations

from typing import Any

import numpy as np

from theoryprune.bounds.column_checks import Columns, columns_of, long_norms, unproved
from theoryprune.bounds.gain_bounds import GainBounds
from theoryprune.bounds.layer import Layer
from theoryprune.bounds.rounding import Floats


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
    columns = columns_of(bounds, layer, assignment, multipliers)
    if isinstance(columns, str):
        return columns
    return unproved(bounds, _again(bounds, columns, nonnegative), columns, 1.0, tol)


def schur_again(a: Any, b: Any, low: Floats, sector: Floats) -> float:
    """Return the bound that multipliers prove, from eigenvalues: real matrices, or one symbol of each map.

    Parameters
    ----------
    a, b : ndarray, shape (p, k), (k, d)
    low, sector : ndarray, shape (k,)
        Least slopes, and T.
    """
    root = np.sqrt(sector)
    scaled = a / root
    values, vectors = np.linalg.eigh(np.eye(len(root)) - scaled.conj().T @ scaled)
    if values[0] <= 0:
        return float("inf")
    weighted = vectors.conj().T @ (((1 + low) / 2 * root)[:, None] * b)
    square = weighted.conj().T @ (weighted / values[:, None]) - b.conj().T @ ((low * sector)[:, None] * b)
    return float(np.sqrt(max(np.linalg.eigvalsh(square)[-1], 0.0)))


def _again(bounds: GainBounds, columns: Columns, nonnegative: bool) -> dict[str, float]:
    """The four bounds from the diagonals."""
    a, b, low, places = columns.left, columns.right, columns.slopes, columns.places
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
        found["schur"] = schur_again(a, b, low, bounds.sector[places])
    elif np.isfinite(bounds.schur):
        found["schur"] = float(linear) if (low == 1).all() else float("inf")
    return found
