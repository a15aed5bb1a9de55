"""Ellipsoid vertices and Carathéodory: an older coreset for the largest product, rebuilt as a baseline."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linprog

from theoryprune.errors import ConvergenceError
from theoryprune.geometry.affine_hull import affine_hull
from theoryprune.geometry.arguments import Floats, Indices, as_points
from theoryprune.geometry.caratheodory import caratheodory
from theoryprune.geometry.linf import LinfCoreset
from theoryprune.geometry.lowner import lowner
from theoryprune.geometry.rank import whiten


def lowner_caratheodory(
    points: ArrayLike, eps: float = 1e-2, *, symmetric: bool = False, rank_tol: float | None = None
) -> LinfCoreset:
    """Choose points whose convex combinations are the ends of the axes of an ellipsoid in their hull.

    Parameters
    ----------
    points : array_like, shape (n, d)
    eps : float
        Accuracy of the ellipsoid (`lowner`).
    symmetric : bool
        Whether the hull is that of the points and their negatives.
    rank_tol : float, optional
        As in `lowner`.

    Returns
    -------
    LinfCoreset
        With at most ``2 r (r + 1)`` points and a factor of ``2 G sqrt(r) - 1`` with the `Lowner.ratio` G, about
        ``2 r**1.5``; if `symmetric`, at most ``r (r + 1)`` points and ``sqrt(g r)``, about r. It has no design.

    Raises
    ------
    ValueError, ConvergenceError
        As in `lowner`; also if a linear program fails.

    Notes
    -----
    A reconstruction: it follows public code by Tukan, Wu, Zhou, Braverman and Feldman (AISTATS 2022, for projective
    clustering) and is our reading of the tool named in Tukan, Mualem and Maalouf (NeurIPS 2022), whose full text we did
    not have. `linf_coreset` is smaller or closer in every case that we measured, and much faster.

    The ellipsoid shrunk by its ratio lies in the hull, so each end of its axes is a convex combination of points, found
    by a linear program and reduced to at most r + 1 points (`caratheodory`). The cross-polytope of the ends contains
    ``1 / sqrt(r)`` times that ellipsoid. Symmetric: ``max_P |p.x| <= sqrt(g) sqrt(x^T A x) <= sqrt(g r) max_S |s.x|``.
    Otherwise ``p - c`` is in ``G sqrt(r) (conv(S) - c)`` with the center c in conv(S), so that with ``M = max_S |s.x|``
    ``p.x <= c.x + G sqrt(r) (M - c.x)`` and ``|c.x| <= M``. Both up to the solver's 1e-7.

    Cost: r or 2 r linear programs with n unknowns.
    """
    rows = as_points(points)
    found = lowner(rows, eps, symmetric=symmetric, rank_tol=rank_tol)
    r = found.rank
    if not r:
        chosen = np.flatnonzero(rows.any(axis=1))[:1]  # one point, or none but 0
        return LinfCoreset(chosen, np.empty(0), 1.0, len(chosen), True, len(chosen), found.residual)
    white = whiten(rows, rank_tol).white if symmetric else affine_hull(rows, rank_tol)[1].white
    center = np.zeros(r) if symmetric else found.weights @ white
    spread = ((white - center).T * found.weights) @ (white - center)
    lengths, axes = np.linalg.eigh(spread)
    shrunk = 1.0 if symmetric else found.ratio
    ends = (axes * np.sqrt(np.maximum(lengths, 0) / shrunk)).T
    ends = center + (ends if symmetric else np.concatenate([ends, -ends]))
    corners = np.concatenate([white, -white]) if symmetric else white
    chosen = np.unique(np.concatenate([_combination(corners, end, center) for end in ends]) % len(rows))
    factor = found.ratio * np.sqrt(r) if symmetric else 2 * found.ratio * np.sqrt(r) - 1
    cap = r * (r + 1) if symmetric else 2 * r * (r + 1)
    return LinfCoreset(chosen, np.empty(0), max(1.0, float(factor)), cap, True, r, found.residual)


def _combination(corners: Floats, end: Floats, center: Floats) -> Indices:
    """Indices of at most r + 1 corners of which `end` is a convex combination."""
    lifted = np.vstack([corners.T, np.ones(len(corners))])
    for shrink in (1.0, 1 - 1e-9):
        goal = np.append(center + shrink * (end - center), 1.0)
        scale = np.append(np.full(len(end), 1 / np.linalg.norm(corners, axis=1).max()), 1.0)
        found = linprog(np.zeros(len(corners)), A_eq=lifted * scale[:, None], b_eq=goal * scale, method="highs-ds")
        if found.status == 0:
            break
    else:
        raise ConvergenceError(f"an end of an axis is no combination of points: {found.message}", gap=np.inf)
    positive = np.flatnonzero(found.x > 0)
    if len(positive) <= len(end) + 1:
        return positive
    return positive[caratheodory(corners[positive], found.x[positive])[0]]
