"""The checker of a reduced design: its moment matrix against the one it should have, by a factorisation of its own."""

from __future__ import annotations

from math import fsum

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import qr, solve_triangular, svdvals

from theoryprune.geometry.arguments import as_points, as_positive, as_weights
from theoryprune.geometry.verdict import Verdict, confirmed, refuted


def is_design_reduction(points: ArrayLike, weights: ArrayLike, new_weights: ArrayLike, tol: float = 1e-10) -> Verdict:
    """Check that new weights on few of the points have the same moment matrix and no larger sum.

    Parameters
    ----------
    points : array_like, shape (n, d)
    weights : array_like, shape (n,)
        As given to `reduce_design`.
    new_weights : array_like, shape (n,)
        ``reduce_design(points, weights).weights``.
    tol : float
        Largest relative error of ``x^T A x`` in any direction, and of the sum that must not be exceeded. For the former
        it is raised to ``100 cond 2**-53``, with the condition number of the points times the root of their weights:
        float64 says no more.

    Returns
    -------
    Verdict
        Its value is the largest relative error of ``x^T A x``. It holds if no weight is negative or appears where there
        was none, at most ``r (r + 1) / 2`` are positive, with the rank r, the sum has not grown, and the moment matrix
        is the same.

    Raises
    ------
    ValueError
        If the points or the weights are not of this kind.

    Notes
    -----
    By a QR decomposition with column pivoting, where `reduce_design` uses a singular value decomposition. Cost
    O(n d^2).
    """
    matrix, tol = as_points(points), as_positive(tol, "tol")
    given = as_weights(weights, len(matrix))
    found = np.asarray(new_weights, dtype=np.float64)
    if found.shape != given.shape or not np.isfinite(found).all() or found.min() < 0:
        return refuted(f"the new weights are no {len(given)} finite numbers of which none is negative")
    if (found[given == 0] > 0).any():
        return refuted(f"point {int(np.flatnonzero((given == 0) & (found > 0))[0])} had no weight before")
    if fsum(found.tolist()) > (1 + tol) * fsum(given.tolist()):
        return refuted(f"the sum has grown from {given.sum():.12g} to {found.sum():.12g}")
    scaled = matrix / (np.abs(matrix).max() or 1)
    r, pivots = qr(np.sqrt(given)[:, None] * scaled, mode="r", pivoting=True, check_finite=False)
    diagonal = np.abs(np.diag(r))
    rank = int((diagonal > max(matrix.shape) * 2.0**-52 * diagonal[0]).sum())
    if rank == 0:
        return refuted("points that are all 0 need no weight") if found.any() else confirmed("no point but 0", 0.0)
    if (count := int((found > 0).sum())) > rank * (rank + 1) // 2:
        return refuted(f"{count} points with weight are more than {rank * (rank + 1) // 2}")
    # The first coordinates in the order of the pivots determine the others of every point.
    rows = np.sqrt(found)[:, None] * scaled[:, pivots[:rank]]
    factor = r[:rank, :rank]
    singular = svdvals(solve_triangular(factor, rows.T, trans="T", check_finite=False), check_finite=False)
    # With fewer points than the rank, one direction is lost whole.
    error = float(np.abs(singular**2 - 1).max()) if len(singular) == rank else 1.0
    allowed = max(tol, 100 * 2.0**-53 * float(np.linalg.cond(factor)))
    if not error <= allowed:
        return refuted(f"the moment matrix is off by {error:.3g} in some direction, more than {allowed:.3g}", error)
    return confirmed(f"the moment matrix is the same within {allowed:.3g}", error)
