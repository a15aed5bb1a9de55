"""Bounds for l1 sensitivities by peeling: one coreset for the largest product after another is taken away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.geometry.arguments import Floats, Indices, as_points, as_positive
from theoryprune.geometry.linf import small_support
from theoryprune.geometry.lowner import lowner
from theoryprune.geometry.rank import row_space
from theoryprune.geometry.representation import coefficient_norms

_SLACK = 1e-9
"""By so much each bound is raised for rounding, which is enough up to a condition number of about 1e6."""
_INSIDE = 2.0**-48
"""So far, times d, may a row of size 1 be from its projection to a span that it is taken to lie in: rounding only."""
_SMALLEST = 1e-290
"""Coefficients below count as this much, lest their inverse overflows."""


@dataclass(frozen=True, eq=False)
class Peeling:
    """Bounds on the l1 sensitivities of points, and the layers that prove them.

    Parameters
    ----------
    bounds : ndarray, shape (n,)
        Of ``sup_x |p_j.x| / sum_q |q.x|``: at most 1, and 0 for zero points only.
    layers : ndarray of int64, shape (n,)
        When the point was taken, from 1 on; 0 for zero points.
    factors : ndarray, shape (L,)
        Of each layer as a coreset for the largest product of the points then left (`LinfCoreset.factor`).
    total : float
        The sum of `bounds`.
    """

    bounds: Floats
    layers: Indices
    factors: Floats
    total: float


def peeling(points: ArrayLike, eps: float = 0.1, *, rank_tol: float | None = None) -> Peeling:
    """Bound how large the product of one point can be beside the sum of all, by repeated coresets.

    Parameters
    ----------
    points : array_like, shape (n, d)
        Finite; for terms ``v_j phi(w_j.x)`` they are ``v_j w_j``.
    eps : float
        Accuracy of each layer's design; it changes the bounds little.
    rank_tol : float, optional
        As in `lowner`, for each layer.

    Returns
    -------
    Peeling

    Raises
    ------
    ValueError, ConvergenceError
        As in `lowner`.

    Notes
    -----
    Of the points that are left, the support S_k of a nearly D-optimal design becomes layer k. Every point p of its span
    is ``p = sum_s c_s s`` over S_k with the coefficients of the design, so ``|p.x| <= max |c_s| sum_{S_k} |s.x|``. The
    layers are disjoint, hence

        ``s(p) <= 1 / sum_k 1 / max |c^(k)|``

    over all layers whose span p lies in; its own counts as 1 at least, since p is in it. All earlier layers are among
    them, and ``max |c| <= sum |c| <= factor``, so for p in layer k this is never more than ``(largest factor so far) /
    k``, the usual bound of this kind. A point counts as lying in a span if it does up to rounding, ``d 2**-48`` of its
    size, and what is said holds for the points so changed; points too small beside others to be told from their
    rounding wait for a layer in which they can. A condition number c of the points may cost ``1e-15 c`` of a bound.

    Use it where Lewis weights do not serve: theirs (`sensitivities`) add up to the rank, these to more.

    Cost: one `lowner` for each layer, and O(n d) for each point taken, thus O(n^2 d).

    See Also
    --------
    is_sensitivity_bound : The checker, by linear programs.

    Examples
    --------
    >>> peeling([[2.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, 0.0]]).bounds.round(6)
    array([0.5, 0.5, 1. , 0. ])
    """
    rows, target = as_points(points), as_positive(eps, "eps")
    live = np.flatnonzero(rows.any(axis=1))
    reach, layers = np.zeros(len(rows)), np.zeros(len(rows), np.int64)
    factors: list[float] = []
    left = live
    while len(left):
        taken, total, largest = _layer(rows[left], rows[live], target, rank_tol)
        layer = left[taken]
        own = np.isin(live, layer)
        reach[live] += np.where(own, np.maximum(1 / largest, 1.0), 1 / largest)
        layers[layer] = len(factors) + 1
        # What the layer loses of the points still left is all that the usual bound asks for.
        behind = np.isin(live, np.setdiff1d(left, layer)) & np.isfinite(total)
        factors.append(float(total[behind].max(initial=1.0)))
        left = np.delete(left, taken)
    bounds = np.zeros(len(rows))
    bounds[live] = np.minimum(1.0, (1 + _SLACK) / reach[live])
    return Peeling(bounds, layers, np.array(factors), float(bounds.sum()))


def _layer(left: Floats, live: Floats, eps: float, rank_tol: float | None) -> tuple[Indices, Floats, Floats]:
    """A coreset of the rows left, and the norms of all live rows' coefficients over it; infinite if they have none."""
    found = lowner(left, eps, rank_tol=rank_tol)
    scale = np.abs(left).max()
    space = row_space(left / scale, rank_tol)  # whose projection is exact to rounding, unlike a Cholesky factor's
    design = small_support(space.white, found.weights, eps, found.rank * (found.rank + 1) // 2)
    # Rows of quite another magnitude may overflow; they are not in the span then.
    with np.errstate(over="ignore", invalid="ignore"):
        sizes = np.abs(live).max(axis=1, keepdims=True)
        unit = live / sizes  # coefficients grow with the row: those of unit rows times the size
        targets = unit @ space.from_points
        lost = ~(np.abs(unit - targets @ space.to_points).max(axis=1) <= _INSIDE * live.shape[1])
        total, largest = (norm * sizes[:, 0] / scale for norm in coefficient_norms(targets, space.white, design))
    lost |= ~np.isfinite(total)
    total[lost], largest[lost] = np.inf, np.inf
    return np.flatnonzero(design.weights), total, np.maximum(largest, _SMALLEST)
