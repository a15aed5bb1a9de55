"""The share of the l1 norm that the sum of all products can reach: what relative bounds for one-sided sums rest on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.errors import ConvergenceError
from theoryprune.geometry.arguments import Floats, Indices, as_points, as_positive
from theoryprune.geometry.exact_products import share_of_sum
from theoryprune.geometry.l1_ratio import L1Ratio, l1_ratio
from theoryprune.geometry.l1_space import L1Space, l1_space

_ONE = 1e-9


@dataclass(frozen=True, eq=False)
class Kappa:
    """kappa of points, between two bounds that can be checked without a solver.

    Parameters
    ----------
    lower, upper : float
        Of kappa. `upper` is exactly 1 where nothing relative can be promised.
    multipliers : ndarray, shape (n,)
        s with ``sum_j s_j a_j = sum_j a_j`` up to rounding and ``|s_j| <= upper``: proves `upper`. 0 for zero rows.
    witness : ndarray, shape (d,)
        x with ``|sum_j a_j . x| = lower sum_j |a_j . x|``; its largest entry is 1 or -1 (0 if all rows add up to 0).
    gap : float
        ``upper - lower``.
    target : float
        What `gap` had to reach.
    converged : bool
        Whether it did.
    rank : int
        Of the rows, each taken at length 1.
    zero_rows : ndarray of int64
        Rows equal to 0.
    residual : float
        The largest part of a row that the numerical rank leaves out, relative to the row's length.
    rounding : float
        An estimate of how far `upper` can move if each row of the points moves by a rounding unit.
    """

    lower: float
    upper: float
    multipliers: Floats
    witness: Floats
    gap: float
    target: float
    converged: bool
    rank: int
    zero_rows: Indices
    residual: float
    rounding: float


def kappa(points: ArrayLike, eps: float = 1e-6) -> Kappa:
    """Compute ``sup_x |sum_j a_j . x| / sum_j |a_j . x|``, with a witness on either side.

    Parameters
    ----------
    points : array_like, shape (n, d)
        The rows a_j: for a sum of ``v_j relu(w_j . x)`` with ``v_j >= 0`` they are ``v_j w_j``. Split rows by the
        sign of ``v_j`` and take both parts by themselves: for their difference no relative bound holds.
    eps : float
        The largest `gap` allowed.

    Returns
    -------
    Kappa
        0 if the rows add up to 0, such as pairs ``a, -a``; 1 if some x has all ``a_j . x >= 0`` and not all 0.

    Raises
    ------
    ConvergenceError
        If the two bounds are further apart; it carries them, and both hold.
    ValueError
        If the points are not finite or have no row, or `eps` is not positive.

    Notes
    -----
    By linear programming duality kappa is ``min max_j |s_j|`` over ``sum_j s_j a_j = sum_j a_j``
    (`l1_ratio`), and at most 1 with ``s = 1``. It is below 1 exactly if 0 lies in the relative interior of the convex
    hull of the non-zero rows. From it follow the bounds of `one_sided_bounds` and the factors of `relative_factor`.
    Cost: one linear program with rank equations and n + 1 unknowns.

    Examples
    --------
    >>> result = kappa([[1, 0], [-1, 1], [-1, -1]])
    >>> round(result.lower, 6), round(result.upper, 6)
    (0.333333, 0.333333)
    """
    matrix, eps = as_points(points), as_positive(eps, "eps")
    space = l1_space(matrix)
    ratio = l1_ratio(space, space.white.sum(axis=0))
    result = _result(matrix, space, ratio, eps)
    if not result.converged:
        raise ConvergenceError(
            f"kappa is known only to lie between {result.lower:.9g} and {result.upper:.9g}, further apart than eps = "
            f"{eps:g}; allow a larger eps, or scale the rows: a common factor changes nothing",
            gap=result.gap,
            result=result,
        )
    return result


def _result(matrix: Floats, space: L1Space, ratio: L1Ratio, eps: float) -> Kappa:
    multipliers, upper = np.zeros(len(matrix)), min(1.0, ratio.upper)
    multipliers[space.rows] = ratio.multipliers
    if upper >= 1 - _ONE:
        upper, multipliers[space.rows] = 1.0, 1.0
    witness = space.direction(ratio.witness)
    lower = min(share_of_sum(matrix, witness), upper)  # of the points as they came
    gap, zero_rows = upper - lower, np.flatnonzero(~matrix.any(axis=1))
    return Kappa(
        lower, upper, multipliers, witness, gap, eps, gap <= eps, space.rank, zero_rows, space.residual, space.rounding
    )
