"""Carathéodory's theorem as an algorithm: the same weighted sum from at most d + 1 of the points."""

from __future__ import annotations

from math import frexp

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.errors import ConvergenceError
from theoryprune.geometry.arguments import Floats, Indices, as_count, as_matrix, as_weights, require_finite
from theoryprune.geometry.groups import reduce_by_groups
from theoryprune.geometry.settle import absolute_sums, relative_gap, settle

FAILED = 1e-9
"""Relative error of a sum above which no result is returned."""


def caratheodory(
    points: ArrayLike, weights: ArrayLike | None = None, mult: int | None = None
) -> tuple[Indices, Floats]:
    """Find few of the points, with new weights, that have the same weighted sum and the same total weight.

    Parameters
    ----------
    points : array_like, shape (n, d)
        Finite.
    weights : array_like, shape (n,), optional
        Not negative, of positive sum; 1 for each point by default.
    mult : int, optional
        Groups at each level of the recursion, in multiples of d + 1, at least 2; by default chosen for the least time.
        It changes which points are found.

    Returns
    -------
    indices : ndarray of int64, shape (s,)
        Ascending, of affinely independent points: ``s <= rank([points, 1]) <= d + 1``.
    weights : ndarray, shape (s,)
        Positive. Up to rounding, ``new @ points[indices] == weights @ points`` and ``new.sum() == weights.sum()``.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of this kind.
    ConvergenceError
        If a sum is off by more than 1e-9 of the sum of absolute values, ``weights @ abs(points)``.

    Notes
    -----
    Carathéodory 1907. The points are cut into ``mult (d + 1)`` groups. The theorem for the means of the groups
    (`eliminate`) keeps at most d + 1 of them, and their points are cut again: the recursion of Maalouf, Jubran and
    Feldman (NeurIPS 2019) with another kernel. One pass over the points, the next over a part ``1 / mult`` of them, and
    so on: cost O(n d + mult^2 d^3 log(n / d)) and memory for ``n d / mult`` numbers. At the end, numerically dependent
    points are merged, and the weights are corrected by least squares if the sums become more accurate. The theorem does
    not determine which points are found. Integers and float32 are converted, which is a copy.

    See Also
    --------
    caratheodory_blocks : For points that come in blocks.
    is_convex_reduction : The checker.

    Examples
    --------
    >>> indices, weights = caratheodory([[0, 0], [1, 0], [0, 1], [1, 1], [2, 2]])
    >>> len(indices) <= 3, round(float(weights.sum()), 12)
    (True, 5.0)
    """
    matrix = np.ascontiguousarray(as_matrix(points))
    mult = None if mult is None else as_count(mult, "mult", least=2)
    given = np.ones(len(matrix)) if weights is None else as_weights(weights, len(matrix))
    if not given.all():
        require_finite(matrix, "points")  # the sums would not show an entry that is not finite, times 0
    exponent, mass = 0, float(given.sum())
    if not 1e-50 < mass < 1e50:
        # No product with a point may overflow or vanish; a power of two changes no digit.
        exponent = frexp(mass)[1]
        given = np.ldexp(given, -exponent)
        mass = float(given.sum())
    indices, found, target = reduce_by_groups(matrix, given, mult)
    kept, found = settle(matrix[indices], found, target, mass)
    indices = indices[kept]
    # The absolute sum of absolute values costs another pass; what is found bounds it from below well enough, mostly.
    gap = relative_gap(matrix[indices], found, target, np.abs(target), mass)
    if not gap <= FAILED:
        gap = relative_gap(matrix[indices], found, target, absolute_sums(matrix, given), mass)
    found = np.ldexp(found, exponent)
    refuse_gap(gap, (indices, found))
    return indices, found


def refuse_gap(gap: float, result: object) -> None:
    """Raise `ConvergenceError` if the sums are off by more than `FAILED`; also if that is NaN."""
    if not gap <= FAILED:
        raise ConvergenceError(
            f"the sums of the points found are off by {gap:.3g}, relative to the sums of absolute values; at most "
            f"{FAILED:g} is accepted; another mult finds other points, and points of similar magnitude help",
            gap=gap,
            result=result,
        )
