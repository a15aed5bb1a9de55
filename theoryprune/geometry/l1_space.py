"""Points in coordinates where every row keeps its digits and the l1 norm of all products bounds the Euclidean one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr, solve_triangular

from theoryprune.geometry.arguments import Floats, Indices
from theoryprune.geometry.rank import row_space

_EVEN = 1e4  # rows whose lengths differ by less need no order and no pivots


@dataclass(frozen=True, eq=False)
class L1Space:
    """Rows ``white = points @ T`` with orthonormal columns, so that ``||y|| = ||white y|| <= sum_k |white_k . y|``.

    Parameters
    ----------
    units, lengths : ndarray, shapes (k, r) and (k,)
        The non-zero rows in new coordinates, each as its direction and its Euclidean length.
    rows : ndarray of int, shape (k,)
        Which rows of the points these are.
    lift : ndarray, shape (d, r)
        ``points @ lift`` is a positive multiple of `white`: directions y come back as ``lift @ y``.
    residual : float
        The largest part of a row outside the span, relative to the length of this row. What is said of the l1 norm
        holds for the points without this part.
    """

    units: Floats
    lengths: Floats
    rows: Indices
    lift: Floats
    residual: float

    @property
    def rank(self) -> int:
        """Dimension of the span of the rows, each taken at length 1."""
        return int(self.units.shape[1])

    @property
    def white(self) -> Floats:
        """The non-zero rows in new coordinates, shape (k, r)."""
        return self.units * self.lengths[:, None]


def l1_space(points: Floats) -> L1Space:
    """Whiten points row by row.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Finite float64.

    Returns
    -------
    L1Space
        Of rank 0 if all points are zero.

    Notes
    -----
    A row of length 1e-20 beside one of length 1 is nothing to the Löwner ellipsoid, but its l1
    sensitivity may be 1: it may be the only one in its direction. So the rank is decided by rows of length 1
    (`row_space`), then their lengths come back and a QR decomposition makes the columns orthonormal again. With rows
    in descending order and pivoted columns its error is small beside each single row (A. Cox, N. Higham, Stability of
    Householder QR factorization for weighted least squares problems, 1998). Cost O(n d min(n, d)).
    """
    largest = np.abs(points).max(axis=1)
    rows = np.flatnonzero(largest)
    if not len(rows):
        return L1Space(np.empty((0, 0)), np.empty(0), rows, np.empty((points.shape[1], 0)), 0.0)
    unit, lengths = _directions(points[rows], float(largest.max()))
    space = row_space(unit)
    residual = float(np.linalg.norm(unit - space.white @ space.to_points, axis=1).max())
    matrix = space.white * lengths[:, None]
    if lengths.min() * _EVEN > lengths.max():
        white, triangle = qr(matrix, mode="economic", check_finite=False)
        inverse = solve_triangular(triangle, np.eye(len(triangle)), check_finite=False)
    else:
        white, inverse = _graded(matrix, lengths)
    return L1Space(*_directions(white), rows, space.from_points @ inverse, residual)


def _directions(matrix: Floats, scale: float = 1.0) -> tuple[Floats, Floats]:
    # Divided by the largest entry first: the square of 1e-200 is 0.
    largest = np.abs(matrix).max(axis=1)
    units = matrix / largest[:, None]
    norms = np.linalg.norm(units, axis=1)
    return units / norms[:, None], norms * (largest / scale)


def _graded(matrix: Floats, lengths: Floats) -> tuple[Floats, Floats]:
    order = np.argsort(-lengths, kind="stable")
    q, triangle, pivots = qr(matrix[order], mode="economic", pivoting=True, check_finite=False)
    inverse = np.empty_like(triangle)
    inverse[pivots] = solve_triangular(triangle, np.eye(len(triangle)), check_finite=False)
    white = np.empty_like(q)
    white[order] = q
    # Q is right to a rounding unit of 1, and a short row needs it of its own length: there divide, unless that cancels.
    short = np.abs(matrix) @ np.abs(inverse).sum(axis=1) < 1
    white[short] = matrix[short] @ inverse
    return white, inverse
