"""The checker of Carathéodory reductions: the sums recomputed from the input, rounded once."""

from __future__ import annotations

from math import frexp, fsum, inf

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theoryprune.geometry.arguments import Floats, as_points, as_positive, as_weights
from theoryprune.geometry.eliminate import numerical_rank
from theoryprune.geometry.groups import unit_rows
from theoryprune.geometry.verdict import Verdict, confirmed, refuted

_EXACT = 10**5  # rows up to which sums are rounded only once


def is_convex_reduction(
    points: ArrayLike,
    weights: ArrayLike | None,
    indices: ArrayLike,
    new_weights: ArrayLike,
    tol: float = 1e-10,
    strict: bool = True,
) -> Verdict:
    """Check that few of the points, with new weights, have the same weighted sum and total weight.

    Parameters
    ----------
    points : array_like, shape (n, d)
    weights : array_like, shape (n,), or None
        As given to `caratheodory`; None for 1 each.
    indices : array_like of int, shape (s,)
    new_weights : array_like, shape (s,)
        What it returned.
    tol : float
        Largest error of a sum, relative to the sum of absolute values ``weights @ abs(points)`` in that coordinate,
        and of the total weight relative to itself.
    strict : bool
        Ask for ``s <= rank([points, 1])``, and not only for ``s <= d + 1``: the numerical rank of the points of
        positive weight, with ``weights @ abs(points)`` for the unit in every coordinate, and rows of length 1.

    Returns
    -------
    Verdict
        Its value is the largest error of a sum, relative as said at `tol`. Also refuted if an index is repeated or out
        of range, a new weight is not positive and finite, or the two are not of one length.

    Raises
    ------
    ValueError
        If the points or the weights are not of this kind.

    Notes
    -----
    Up to 100000 points the sums of the products are those of exact addition (`math.fsum`); beyond, pairwise within
    blocks of that many, and exact between them. Cost O(n d).

    Examples
    --------
    >>> bool(is_convex_reduction([[0], [1], [2]], None, [0, 2], [1.5, 1.5]))
    True
    >>> print(is_convex_reduction([[0], [1], [2]], None, [0, 2], [1.5, 1.5001]).reason)
    the total weight is off by 3.33e-05 of itself, more than 1e-10
    """
    matrix, tol = as_points(points), as_positive(tol, "tol")
    given = np.ones(len(matrix)) if weights is None else as_weights(weights, len(matrix))
    chosen, found = np.asarray(indices), np.asarray(new_weights)
    if not _is_subset(chosen, found, len(matrix)):
        return refuted(f"these are no distinct indices below {len(matrix)} with one positive weight each")
    exponent = frexp(float(given.sum()))[1]
    given, found = np.ldexp(given, -exponent), np.ldexp(found, -exponent)
    mass = _total(given)
    worst = abs(_total(found) - mass) / mass
    if not worst <= tol:
        return refuted(f"the total weight is off by {worst:.3g} of itself, more than {tol:.3g}", worst)
    for i, column in enumerate(matrix.T):
        scaled = column / (np.abs(column).max() or 1)
        off, size = abs(_total(found * scaled[chosen]) - _total(given * scaled)), _total(given * np.abs(scaled))
        worst = max(worst, off / size if size > 0 else inf if off > 0 else 0.0)
        if not worst <= tol:
            return refuted(
                f"the sum of coordinate {i} is off by {worst:.3g} of absolute values, more than {tol:.3g}", worst
            )
    # Affinely independent points are never more than the rank; only for others the rank of all is needed.
    cap = matrix.shape[1] + 1
    if strict:
        cap = len(chosen) if _rank(matrix[chosen], found) == len(chosen) else _rank(matrix, given)
    if len(chosen) > cap:
        return refuted(f"{len(chosen)} points are more than {cap}", worst)
    return confirmed(f"{len(chosen)} points have the sums of all within {tol:.3g}", worst)


def _is_subset(indices: NDArray[np.generic], weights: NDArray[np.generic], count: int) -> bool:
    """Return whether these are distinct indices below `count`, each with a positive weight."""
    if indices.dtype.kind not in "iu" or weights.dtype.kind not in "iuf" or indices.ndim != 1:
        return False
    if indices.shape != weights.shape or not len(indices) or len(np.unique(indices)) < len(indices):
        return False
    return bool(indices.min() >= 0 and indices.max() < count and np.isfinite(weights).all() and weights.min() > 0)


def _rank(points: Floats, weights: Floats) -> int:
    return numerical_rank(unit_rows(weights[:, None] * points, weights)[0])


def _total(terms: Floats) -> float:
    if len(terms) <= _EXACT:
        return fsum(terms.tolist())
    return fsum(float(terms[i : i + _EXACT].sum()) for i in range(0, len(terms), _EXACT))
