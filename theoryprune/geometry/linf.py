"""Few points whose largest product with any direction stands for that of all, by the support of a D-optimal design."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.geometry.arguments import Floats, Indices, as_points
from theoryprune.geometry.design import Evaluation, evaluate
from theoryprune.geometry.design_support import reduce_design
from theoryprune.geometry.lowner import lowner
from theoryprune.geometry.rank import whiten
from theoryprune.geometry.representation import coefficient_norms


@dataclass(frozen=True, eq=False)
class LinfCoreset:
    """Points S of a set P with ``max_P |p.x| <= factor * max_S |s.x|`` for all x.

    Parameters
    ----------
    indices : ndarray of int64, shape (s,)
        Of S in P, ascending.
    weights : ndarray, shape (s,)
        Of the design on S that proves it; empty for a construction without one.
    factor : float
        Proved, at least 1; `linf_factor` finds the least one.
    cap : int
        What the construction promises: ``s <= cap``, unless `reduced` is False.
    reduced : bool
        Whether that was kept; a design of rank above 62 is not reduced.
    rank : int
        That of P, about its mean if the construction takes an ellipsoid with a center.
    residual : float
        Frobenius norm of the part of the points outside of that many dimensions, about which nothing is said.
    """

    indices: Indices
    weights: Floats
    factor: float
    cap: int
    reduced: bool
    rank: int
    residual: float


def linf_coreset(points: ArrayLike, eps: float = 1e-2, *, rank_tol: float | None = None) -> LinfCoreset:
    """Choose at most ``r (r + 1) / 2`` of n points of rank r whose products bound those of all, for any direction.

    Parameters
    ----------
    points : array_like, shape (n, d)
        Finite; zeros and duplicates are welcome.
    eps : float
        Accuracy of the design (`lowner`).
    rank_tol : float, optional
        As in `lowner`.

    Returns
    -------
    LinfCoreset
        With a factor of at most ``sqrt((1 + eps) r)``, up to rounding of about 1e-15 times the condition number of the
        points; 1 where all points but 0 are in it, and no points at all if all are 0.

    Raises
    ------
    ValueError, ConvergenceError
        As in `lowner`.

    Notes
    -----
    S is the support of a nearly D-optimal design u, with ``A = sum_s u_s s s^T``. Every p is ``sum_s c_s s`` with
    ``c_s = u_s s^T A^{-1} p``, so ``|p.x| <= sum_s |c_s| max_S |s.x|``: the factor is the largest ``sum_s |c_s|`` over
    the points outside of S. It is at most the root of the largest leverage (Jensen), hence ``sqrt((1 + eps) r)``, and
    usually a fifth below. A support of more than ``r (r + 1) / 2`` points is reduced with A kept (`reduce_design`), as
    long as ``r <= 62``.

    Cost: that of `lowner` and O(n r s).

    See Also
    --------
    is_linf_coreset : The checker, by linear programs.
    peeling : What it is good for: bounds for sensitivities.

    Examples
    --------
    >>> result = linf_coreset([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0], [0.5, -1.0]])
    >>> result.indices, round(result.factor, 9)
    (array([0, 1]), 1.0)
    """
    rows = as_points(points)
    found = lowner(rows, eps, rank_tol=rank_tol)
    cap = found.rank * (found.rank + 1) // 2
    if not found.rank:
        return LinfCoreset(np.empty(0, np.int64), np.empty(0), 1.0, 0, True, 0, found.residual)
    white = whiten(rows, rank_tol).white
    design = small_support(white, found.weights, eps, cap)
    support = np.flatnonzero(design.weights)
    sums = coefficient_norms(white, white, design)[0]
    sums[support] = 0.0
    factor = max(1.0, float(sums.max()))
    return LinfCoreset(support, design.weights[support], factor, cap, len(support) <= cap, found.rank, found.residual)


def small_support(white: Floats, weights: Floats, eps: float, cap: int) -> Evaluation:
    """Take weight from points that need none: negligible ones, and those that a reduction to `cap` points spares.

    Parameters
    ----------
    white : ndarray, shape (n, r)
    weights : ndarray, shape (n,)
        A design of excess at most `eps`.
    eps : float
    cap : int

    Returns
    -------
    Evaluation
        Of a design of excess at most `eps`, up to rounding, or of `weights` if there is none of smaller support.
    """
    design = evaluate(white, weights)
    if design is None:
        raise ValueError("weights must lie on points that span the others")
    clear = np.where(weights > 1e-12 * weights.max(), weights, 0.0)
    design = _better(design, evaluate(white, clear / clear.sum()), eps)
    if np.count_nonzero(design.weights) > cap:
        fewer = reduce_design(white, design.weights).weights
        design = _better(design, evaluate(white, fewer / fewer.sum()), eps)
    return design


def _better(design: Evaluation, smaller: Evaluation | None, eps: float) -> Evaluation:
    """The one of smaller support if its certificate holds too, computed anew."""
    return smaller if smaller is not None and smaller.excess <= max(eps, design.excess) + 1e-9 else design
