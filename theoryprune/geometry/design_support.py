"""The moment matrix of a design from fewer of its points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.errors import ConvergenceError
from theoryprune.geometry.arguments import Floats, as_points, as_weights
from theoryprune.geometry.eliminate import eliminate, eliminate_dependent
from theoryprune.geometry.rank import RowSpace, row_space

_LARGEST, _MERGED, _FAILED = 2000, 600, 1e-9
_NEGLIGIBLE = 1e-290  # a leverage whose inverse, or the weight that would make it matter, is beyond float64


@dataclass(frozen=True, eq=False)
class ReducedDesign:
    """Weights of the same moment matrix on fewer points.

    Parameters
    ----------
    weights : ndarray, shape (n,)
        Not negative, 0 where they were 0 and at zero points. Their sum is not made 1 again.
    error : float
        Largest ``|x^T A' x / x^T A x - 1|`` over all directions x with ``A x != 0``, recomputed from the points.
    mass : float
        Sum of the weights.
    rank : int
        r, that of the points with positive weight.
    cap : int
        ``r (r + 1) / 2``: no more weights are positive, if `reduced`.
    reduced : bool
        False if `cap` exceeds 2000: then the weights are those of the input.
    target : float
        What `error` had to reach: 1e-9, or ``100 cond 2**-53`` where that is more, with the condition number of the
        points times the root of their weights.
    converged : bool
        Whether it did.
    """

    weights: Floats
    error: float
    mass: float
    rank: int
    cap: int
    reduced: bool
    target: float
    converged: bool


def reduce_design(points: ArrayLike, weights: ArrayLike) -> ReducedDesign:
    """Keep the moment matrix ``A(u) = sum_i u_i p_i p_i^T`` with positive weight on at most ``d (d + 1) / 2`` points.

    Parameters
    ----------
    points : array_like, shape (n, d)
        Finite.
    weights : array_like, shape (n,)
        u: not negative, of positive sum.

    Returns
    -------
    ReducedDesign

    Raises
    ------
    ValueError
        If an argument is not of this kind.
    ConvergenceError
        If the error is larger than the target.

    Notes
    -----
    Carathéodory's theorem for cones, applied to the ``p_i p_i^T`` among the symmetric matrices. Of the two signs of a
    null vector that one is taken which does not let the sum of the weights grow. Nor can it fall far: with
    ``A(u') = A(u)`` and the leverages ``lev_i = p_i^T A(u)^+ p_i``, at most g, it is
    ``g sum u' >= sum u'_i lev_i = trace(A^+ A) = r``. For weights of sum 1 the mass is therefore in ``[r / g, 1]``.

    Everything is computed in coordinates in which A is the identity, so that a linear map of the points changes nothing
    but rounding. Cost O(m^2 D), for m positive weights and ``D = r (r + 1) / 2`` at most 2000. Points p and -p, or
    others whose products are linearly dependent, are merged if D is at most 600.

    See Also
    --------
    is_design_reduction : The checker.

    Examples
    --------
    >>> import numpy as np
    >>> points = np.array([[np.cos(t), np.sin(t)] for t in np.arange(6)])
    >>> result = reduce_design(points, np.full(6, 1 / 6))
    >>> int((result.weights > 0).sum()), result.error < 1e-12, result.mass < 1 + 1e-12
    (3, True, True)
    """
    matrix = as_points(points)
    given = as_weights(weights, len(matrix))
    support = np.flatnonzero((given > 0) & matrix.any(axis=1))
    if not len(support):
        return ReducedDesign(np.zeros(len(given)), 0.0, 0.0, 0, 0, True, _FAILED, True)
    space = row_space(np.sqrt(given[support])[:, None] * matrix[support])
    cap = space.rank * (space.rank + 1) // 2
    found = given * matrix.any(axis=1)
    if reduced := cap <= _LARGEST:
        found[support] = _reduce(matrix[support] @ space.from_points, given[support], cap <= _MERGED)
    error = _moment_error(matrix, found, space)
    allowed = max(_FAILED, 100 * 2.0**-53 * float(np.linalg.cond(space.to_points)))
    result = ReducedDesign(found, error, float(found.sum()), space.rank, cap, reduced, allowed, error <= allowed)
    if not result.converged:
        raise ConvergenceError(
            f"the moment matrix is off by {error:.3g} in some direction, at most {allowed:.3g} is accepted; drop the "
            "smallest weights first",
            gap=error,
            result=result,
        )
    return result


def symmetric_squares(points: Floats) -> Floats:
    """Return the products ``p p^T`` as rows of ``r (r + 1) / 2`` coordinates, in which lengths are Frobenius norms."""
    rows, columns = np.triu_indices(points.shape[1])
    squares = points[:, rows] * points[:, columns]
    squares[:, rows != columns] *= np.sqrt(2)
    return squares


def _reduce(white: Floats, weights: Floats, merge: bool) -> Floats:
    """Return the new weights of points in coordinates in which their moment matrix is the identity."""
    leverages = np.einsum("ij,ij->i", white, white)
    some = np.flatnonzero(leverages > _NEGLIGIBLE)  # the others are nothing beside these, or out of the numerical span
    leverages = leverages[some]
    # Unit rows, so that a tiny weight stays tiny next to what rounding leaves of a row.
    rows, cost = symmetric_squares(white[some] / np.sqrt(leverages)[:, None]), 1 / leverages
    kept, shares = eliminate(rows, weights[some] * leverages, cost)  # shares of sum r
    if merge:
        again, shares = eliminate_dependent(rows[kept], shares, cost[kept])
        kept = kept[again]
    found = np.zeros(len(weights))
    found[some[kept]] = shares * cost[kept]
    return found


def _moment_error(points: Floats, weights: Floats, space: RowSpace) -> float:
    """Return the error of the moment matrix relative to the one that is the identity in the coordinates of `space`."""
    white = (np.sqrt(weights)[:, None] * points) @ space.from_points
    singular = np.linalg.svd(white, compute_uv=False)
    # With fewer points than the rank, one direction is lost whole.
    return float(np.abs(singular**2 - 1).max()) if len(singular) == space.rank else 1.0
