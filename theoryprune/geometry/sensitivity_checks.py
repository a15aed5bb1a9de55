"""The checker of bounds on l1 sensitivities: a linear program for each row, other than that of the exact ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import qr, solve_triangular
from scipy.optimize import linprog

from theoryprune.geometry.arguments import Floats, as_indices, as_points, as_positive, as_vector
from theoryprune.geometry.lewis_checks import independent_columns
from theoryprune.geometry.verdict import Verdict, confirmed, refuted, undecided


def is_sensitivity_bound(
    points: ArrayLike, bounds: ArrayLike, indices: ArrayLike | None = None, tol: float = 1e-7
) -> Verdict:
    """Check by linear programs that no row exceeds its bound on the l1 sensitivity.

    Parameters
    ----------
    points : array_like, shape (n, d)
        The rows a_j.
    bounds : array_like, shape (n,)
        Stated upper bounds on ``sup_x |a_j . x| / ||A x||_1``.
    indices : array_like of int, optional
        Of the rows to check; all of them by default.
    tol : float
        Relative.

    Returns
    -------
    Verdict
        Its value is the largest sensitivity over its bound. A bound that the solver does not prove is refused.
        Inconclusive for rows so unequal in length that a QR decomposition cannot tell their directions.

    Raises
    ------
    ValueError
        If an argument is not finite, of the wrong shape, or names a row that is not there.

    Notes
    -----
    For each row ``min ||A x||_1`` over ``a_j . x = 1`` by interior points. The multipliers s, ``A^T s =
    a_j``, prove the bound ``max |s_k|`` on the sensitivity; what their rounding ``e = A^T s - a_j`` can add is at
    most ``||R^-T e||`` with the factor R of A, since ``||R x|| = ||A x||_2 <= ||A x||_1``. Cost: one linear program
    in n + d unknowns for each row.
    """
    matrix, tol = as_points(points), as_positive(tol, "tol")
    stated = as_vector(bounds, len(matrix), "bounds")
    chosen = np.arange(len(matrix)) if indices is None else as_indices(indices, len(matrix))
    largest = np.abs(matrix).max(axis=1)
    live = np.flatnonzero(largest)
    if (stated[live] <= 0).any() or (stated < 0).any():
        return refuted("the bounds must be positive for non-zero rows, and not negative")
    if not len(live):
        return confirmed("all rows are zero", 0.0)
    columns = independent_columns(matrix[live] / largest[live, None])
    white = _whitened(matrix[:, columns] / largest.max())
    if white is None:
        return undecided("the rows are too unequal in length for a QR decomposition")
    shares = [_sensitivity(white[live], white[j]) / stated[j] if largest[j] else 0.0 for j in chosen]
    worst = max(shares, default=0.0)
    if not worst <= 1 + tol:
        return refuted(f"row {chosen[int(np.argmax(shares))]} has {worst:.12g} times its bound", worst)
    return confirmed("no row exceeds its bound", worst)


def _whitened(matrix: Floats) -> Floats | None:
    """Return coordinates with orthonormal columns, or None where rounding does not allow it."""
    for allowed in (1e-6, 1e-12):  # the second pass makes good what the first one left
        triangle = qr(matrix, mode="r", check_finite=False)[0][: matrix.shape[1]]
        if not np.diag(triangle).all():
            return None
        with np.errstate(over="ignore", invalid="ignore"):  # judged below
            matrix = solve_triangular(triangle, matrix.T, trans="T", check_finite=False).T
            error = np.abs(matrix.T @ matrix - np.eye(len(triangle))).max()
        if not error < allowed:
            return None
    return matrix


def _sensitivity(white: Floats, target: Floats) -> float:
    """Return a proven upper bound, as good as the solver's multipliers."""
    if not target.any():
        return 0.0
    n, r = white.shape
    size = float(np.linalg.norm(target))
    found = linprog(
        np.append(np.zeros(r), np.ones(n)),
        A_ub=np.block([[white, -np.eye(n)], [-white, -np.eye(n)]]),
        b_ub=np.zeros(2 * n),
        A_eq=np.append(target / size, np.zeros(n))[None, :],
        b_eq=[1.0],
        bounds=[(None, None)] * (r + n),
        method="highs-ipm",
    )
    if found.status != 0:
        return 1.0
    s = (found.ineqlin.marginals[n:] - found.ineqlin.marginals[:n]) * (size / found.fun)
    return float(np.abs(s).max() + np.linalg.norm(white.T @ s - target))
