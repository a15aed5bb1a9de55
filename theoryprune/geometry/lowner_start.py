"""Designs to start from: as told, on the points farthest out, or on as many independent points as dimensions."""

from __future__ import annotations

import numpy as np
from scipy.linalg import qr

from theoryprune.errors import ConvergenceError
from theoryprune.geometry.arguments import Floats
from theoryprune.geometry.design import Evaluation, evaluate

_POINTS = 8
"""Points per dimension in `spread`: 4 to 16 take the same number of steps within one, more cost more."""
_HOPELESS = 1e8
"""An excess above this is nearly a singular matrix; each Newton step would only halve it."""


def told(rows: Floats, weights: Floats) -> Evaluation:
    """Take the caller's weights, normalised.

    Raises
    ------
    ValueError
        If the points with weight do not span the others.
    """
    found = evaluate(rows, weights / weights.sum())
    if found is None:
        raise ValueError(f"start must have weight on points that span all {rows.shape[1]} dimensions of the others")
    return found


def spread(rows: Floats) -> Evaluation:
    """Weight the points of largest leverage under equal weights, in proportion to it.

    Parameters
    ----------
    rows : ndarray, shape (n, r)
        `RowSpace.white`: their squared lengths are those leverages, up to a factor.

    Returns
    -------
    Evaluation
        Of a regular matrix: where the farthest points do not span the others, independent ones are added.
    """
    n, r = rows.shape
    size = np.einsum("ij,ij->i", rows, rows)
    if n > _POINTS * r:
        size[np.argpartition(size, n - _POINTS * r)[: n - _POINTS * r]] = 0.0
    found = evaluate(rows, size / size.sum())
    return found if found is not None and found.excess < _HOPELESS else pivots(rows, size / size.sum())


def pivots(rows: Floats, others: Floats | None = None) -> Evaluation:
    """Weight r independent points equally, those that a QR decomposition with column pivoting takes first.

    Parameters
    ----------
    rows : ndarray, shape (n, r)
        Of rank r.
    others : ndarray, shape (n,), optional
        A design to mix in, half and half.

    Raises
    ------
    ConvergenceError
        If the rows have numerically less than rank r after all.

    Notes
    -----
    Cost O(n r^2) without the speed of matrix products.
    """
    n, r = rows.shape
    first = qr(rows.T, mode="r", pivoting=True, check_finite=False)[1][:r]
    weights = np.zeros(n)
    weights[first] = 1 / r
    found = evaluate(rows, weights if others is None else (weights + others) / 2)
    if found is None:
        raise ConvergenceError(f"no {r} of the {n} points are numerically independent; raise rank_tol", gap=np.inf)
    return found
