"""The checker of kappa: both bounds from their witnesses, without a linear program."""

from __future__ import annotations

from math import fsum

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import qr, solve_triangular

from theoryprune.geometry.arguments import as_points, as_positive, as_vector
from theoryprune.geometry.exact_products import share_of_sum
from theoryprune.geometry.lewis_checks import independent_columns
from theoryprune.geometry.verdict import Verdict, confirmed, refuted, undecided


def is_kappa(
    points: ArrayLike, lower: float, upper: float, multipliers: ArrayLike, witness: ArrayLike, tol: float = 1e-9
) -> Verdict:
    """Check that kappa of the points lies between two bounds.

    Parameters
    ----------
    points : array_like, shape (n, d)
        The rows a_j.
    lower, upper : float
        As stated, ``0 <= lower <= upper <= 1``.
    multipliers : array_like, shape (n,)
        s, which has to prove `upper`.
    witness : array_like, shape (d,)
        x, which has to attain `lower`.
    tol : float
        Absolute, for both.

    Returns
    -------
    Verdict
        Its value is the upper bound that the multipliers prove. Inconclusive where rounding of ``(1 - s_j) a_j`` alone
        could move it by more than `tol`.

    Raises
    ------
    ValueError
        If an argument is not finite or of the wrong shape.

    Notes
    -----
    Above: ``sum_j a_j . x = sum_j s_j a_j . x + e . x`` with what rounding left, ``e = sum_j (1 - s_j)
    a_j``, so kappa is at most ``max |s_j| + ||R^-T e||`` for the factor R of ``A = Q R``, since ``||R x|| = ||A x||_2
    <= ||A x||_1``. Below: one division. Sums are exact up to one rounding. Cost O(n d^2).
    """
    matrix, tol = as_points(points), as_positive(tol, "tol")
    s, x = as_vector(multipliers, len(matrix), "multipliers"), as_vector(witness, matrix.shape[1], "witness")
    if not 0 <= lower <= upper <= 1:
        return refuted(f"the bounds must be ordered and in [0, 1], got {lower} and {upper}")
    largest = np.abs(matrix).max(axis=1)
    rows = np.flatnonzero(largest)
    if not len(rows):
        return confirmed("all rows are zero", 0.0)
    attained = share_of_sum(matrix[rows], x)
    if attained < lower - tol:
        return refuted(f"the witness attains {attained:.12g}, less than {lower:.12g}", attained)
    scaled = matrix[rows] / largest.max()
    columns = independent_columns(matrix[rows] / largest[rows, None])
    parts = (1 - s[rows])[:, None] * scaled[:, columns]
    left = np.array([fsum(part) for part in parts.T])
    triangle = qr(scaled[np.argsort(-largest[rows])][:, columns], mode="r", check_finite=False)[0][: len(columns)]
    if not np.diag(triangle).all():
        return undecided("the rows are too unequal in length for a QR decomposition")
    with np.errstate(over="ignore", invalid="ignore"):  # judged below
        inverse = solve_triangular(triangle, np.eye(len(columns)), check_finite=False)
        open_digits = 2.0**-52 * float(np.linalg.norm(np.abs(parts).sum(axis=0) @ np.abs(inverse)))
        rounding = float(np.linalg.norm(left @ inverse))
    if not open_digits <= tol:
        return undecided(f"rounding could move the upper bound by {open_digits:.3g}")
    proved = float(np.abs(s[rows]).max()) + rounding
    if not proved <= upper + tol:
        return refuted(f"the multipliers prove {proved:.12g}, more than {upper:.12g}", proved)
    return confirmed("both bounds are proved by their witnesses", proved)
