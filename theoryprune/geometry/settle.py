"""The end of a Carathéodory reduction: no dependent points, and sums as exact as float64 gives them."""

from __future__ import annotations

import numpy as np
from scipy.linalg import lstsq

from theoryprune.geometry.arguments import Floats, Indices
from theoryprune.geometry.eliminate import eliminate_dependent
from theoryprune.geometry.groups import unit_rows


def settle(points: Floats, weights: Floats, target: Floats, mass: float) -> tuple[Indices, Floats]:
    """Drop affinely dependent points, then correct the weights by least squares.

    Parameters
    ----------
    points : ndarray, shape (s, d)
    weights : ndarray, shape (s,)
        Positive.
    target : ndarray, shape (d,)
        What ``points.T @ weights`` should be.
    mass : float
        What the weights should add up to.

    Returns
    -------
    indices : ndarray of int64
        Of the points that are left, ascending.
    weights : ndarray
        Positive. The correction is taken only if it leaves them so and makes the sums more accurate.
    """
    kept = np.arange(len(points))
    while True:
        # The scale of the rows depends on the weights: what is left must be independent with its own.
        rows, lengths = unit_rows(weights[:, None] * points[kept], weights)
        again, shares = eliminate_dependent(rows, lengths)
        if len(again) == len(kept):
            break
        order = np.argsort(again)
        again, shares = again[order], shares[order]
        kept, weights = kept[again], weights[again] * (shares / lengths[again])
    factors = _correct(weights[:, None] * np.column_stack([points[kept], np.ones(len(kept))]), np.append(target, mass))
    return kept, weights * factors


def _correct(products: Floats, goal: Floats) -> Floats:
    """Return factors near 1 that make the sum of the products the goal; all 1 if that would not help."""
    scale = np.abs(products).sum(axis=0)
    scale[scale == 0] = 1
    rows, goal = products / scale, goal / scale
    off = goal - rows.sum(axis=0)
    factors = 1 + lstsq(rows.T, off, lapack_driver="gelsy", check_finite=False)[0]
    better = factors.min() > 0 and np.abs(goal - factors @ rows).max() < np.abs(off).max()
    return np.asarray(factors) if better else np.ones(len(rows))


def relative_gap(points: Floats, weights: Floats, target: Floats, magnitude: Floats, mass: float) -> float:
    """Return the largest error of a sum, each relative to the sum of absolute values in the input.

    Notes
    -----
    ``|points.T @ weights - target| / magnitude`` over the coordinates, and the same of the mass.
    """
    tiny = np.finfo(np.float64).tiny
    off = np.abs(weights @ points - target) / np.maximum(magnitude, tiny)
    return max(float(off.max()), abs(float(weights.sum()) - mass) / mass)


def absolute_sums(points: Floats, weights: Floats, cell: int = 4096) -> Floats:
    """Return ``weights @ abs(points)`` without an array of the points' size."""
    total = np.zeros(points.shape[1])
    for i in range(0, len(points), cell):
        total += weights[i : i + cell] @ np.abs(points[i : i + cell])
    return total
