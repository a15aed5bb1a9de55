"""The checker of Lewis weights: another route to their certificate than the one that made them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import qr, solve_triangular

from theoryprune.geometry.arguments import Floats, Indices, as_points, as_positive, as_vector
from theoryprune.geometry.verdict import Verdict, confirmed, refuted, undecided

_TRUSTED = 1e-6  # what a rounding unit in each row may change, beyond which nothing is said


def is_lewis(points: ArrayLike, weights: ArrayLike, theta: float, tol: float = 1e-9) -> Verdict:
    """Check that weights are l1 Lewis weights of points with the certificate that they state.

    Parameters
    ----------
    points : array_like, shape (n, d)
        The rows a_j.
    weights : array_like, shape (n,)
        tau.
    theta : float
        As stated: ``a_j^T (A^T diag(1/tau) A)^+ a_j <= theta tau_j^2`` for all j.
    tol : float
        Relative, for theta and for the sum of the weights, which has to be the rank.

    Returns
    -------
    Verdict
        Its value is theta as recomputed. Inconclusive where one rounding unit in each row changes the leverages in
        the sixth digit; ``10 sqrt(n)`` times the change is allowed instead of `tol`, if that is more.

    Raises
    ------
    ValueError
        If an argument is not finite or of the wrong shape.

    Notes
    -----
    ``sigma_j / tau_j`` are the leverages of the rows ``a_j / sqrt(tau_j)``. Here they come from a QR
    decomposition with pivoted columns and rows in descending order, in the coordinates of the points; no Gram matrix
    is formed. Cost O(n d^2).
    """
    matrix, tol = as_points(points), as_positive(tol, "tol")
    tau = as_vector(weights, len(matrix), "weights")
    largest = np.abs(matrix).max(axis=1)
    rows = np.flatnonzero(largest)
    if (tau < 0).any() or not np.array_equal(np.flatnonzero(tau), rows):
        return refuted("the weights must be positive for non-zero rows, and 0 for zero rows")
    if not len(rows):
        return confirmed("all rows are zero", 1.0)
    columns = independent_columns(matrix[rows] / largest[rows, None])
    if not abs(tau.sum() / len(columns) - 1) <= tol:
        return refuted(f"the weights add up to {tau.sum():.12g}, and the rank is {len(columns)}")
    scaled = matrix[rows][:, columns] / largest.max() / np.sqrt(tau[rows])[:, None]
    leverages, rounding = _leverages(scaled)
    found = float((leverages / tau[rows]).max())
    if not rounding < _TRUSTED:
        return undecided("the rows are too unequal in length to tell their leverages", found)
    if not found <= theta * (1 + max(tol, 10 * len(rows) ** 0.5 * rounding)):
        return refuted(f"theta is {found:.12g}, more than the {theta:.12g} stated", found)
    return confirmed("theta is at most what was stated", found)


def independent_columns(matrix: Floats) -> Indices:
    """Return as many columns as the numerical rank, chosen by a pivoted QR decomposition."""
    r, pivots = qr(matrix, mode="r", pivoting=True, check_finite=False)
    diagonal = np.abs(np.diag(r))
    return np.asarray(pivots[: int((diagonal > max(matrix.shape) * 2.0**-52 * diagonal[0]).sum())], dtype=np.int64)


def _leverages(matrix: Floats) -> tuple[Floats, float]:
    """Return the leverages of the rows, and how far they can move if each row moves by one rounding unit."""
    order = np.argsort(-np.abs(matrix).max(axis=1), kind="stable")
    q, r, pivots = qr(matrix[order], mode="economic", pivoting=True, check_finite=False)
    inverse = solve_triangular(r, np.eye(len(r)), check_finite=False)
    with np.errstate(over="ignore"):
        growth = np.linalg.norm(np.abs(matrix[order][:, pivots]) @ np.abs(inverse), axis=1)
    short = growth < 1  # Q is right beside 1, these need to be right beside themselves
    q[short] = matrix[order][short][:, pivots] @ inverse
    leverages = np.empty(len(matrix))
    leverages[order] = np.linalg.norm(q, axis=1) ** 2
    return leverages, float(2.0**-52 * growth.max())
