"""Points in coordinates where every row keeps its digits and the l1 norm of all products bounds the Euclidean one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr, solve_triangular, svdvals

from theoryprune.geometry.arguments import Floats, Indices
from theoryprune.geometry.unit_vectors import unit_vectors

_EVEN = 1e4  # rows whose lengths differ by less need no order and no pivots
_UNIT = 2.0**-52


@dataclass(frozen=True, eq=False)
class L1Space:
    """Rows z_k that form orthonormal columns: so ``||y|| <= sum_k |z_k . y|`` for all y.

    Parameters
    ----------
    units, lengths : ndarray, shapes (k, r) and (k,)
        The non-zero rows in new coordinates, each as its direction and its Euclidean length.
    rows : ndarray of int, shape (k,)
        Which rows of the points these are.
    inverse, scales : ndarray, shapes (d, r) and (r,)
        ``points @ inverse / scales`` is a positive multiple of `white`. Apart they stay within float64.
    residual : float
        The largest part of a row outside the span, relative to the length of this row. What is said of the l1 norm
        holds for the points without this part.
    rounding : float
        How far the rows, in these coordinates, can move if each row of the points moves by one rounding unit.
    """

    units: Floats
    lengths: Floats
    rows: Indices
    inverse: Floats
    scales: Floats
    residual: float
    rounding: float

    @property
    def rank(self) -> int:
        """Dimension of the span of the rows, each taken at length 1."""
        return int(self.units.shape[1])

    @property
    def white(self) -> Floats:
        """The non-zero rows in new coordinates, shape (k, r)."""
        return self.units * self.lengths[:, None]

    def direction(self, y: Floats) -> Floats:
        """Return x with ``points @ x`` a positive multiple of ``white @ y``, and 1 or -1 for its largest entry."""
        x = self.inverse @ (y * (np.abs(self.scales).min(initial=np.inf) / self.scales))
        return np.asarray(x / (np.abs(x).max(initial=0.0) or 1.0))


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
    A row of length 1e-20 beside one of length 1 is nothing to the Löwner ellipsoid, but its l1 sensitivity may be 1: it
    may be the only one in its direction. So the rank is that of the rows at length 1, and the QR decomposition of the
    points has rows in descending order and pivoted columns where lengths differ much: then its error is small beside
    each single row (A. Cox, N. Higham, Stability of Householder QR factorization for weighted least squares problems,
    1998). What follows is true of points whose rows differ from those given by some rounding units each; `rounding`
    says what that is worth. Cost O(n d min(n, d)).
    """
    largest = np.abs(points).max(axis=1)
    rows, dimension = np.flatnonzero(largest), points.shape[1]
    if not len(rows):
        return L1Space(np.empty((0, 0)), np.empty(0), rows, np.empty((dimension, 0)), np.empty(0), 0.0, 0.0)
    unit, lengths = unit_vectors(points[rows], float(largest.max()))
    spectrum = svdvals(qr(unit, mode="r", check_finite=False)[0][:dimension], check_finite=False)
    rank = int((spectrum > max(unit.shape) * _UNIT * spectrum[0]).sum())
    matrix = unit * lengths[:, None]
    order = np.argsort(-lengths, kind="stable") if lengths.min() * _EVEN < lengths.max() else np.arange(len(rows))
    q, triangle, pivots = qr(matrix[order], mode="economic", pivoting=True, check_finite=False)
    scales = np.diag(triangle)[:rank]
    inverse = np.zeros((dimension, rank))
    inverse[pivots[:rank]] = solve_triangular(
        triangle[:rank, :rank] / scales[:, None], np.eye(rank), check_finite=False
    )
    white = np.empty((len(rows), rank))
    white[order] = q[:, :rank]
    with np.errstate(over="ignore"):  # infinite where the digits of the points do not tell
        growth = np.linalg.norm(np.abs(matrix) @ np.abs(inverse) / np.abs(scales), axis=1)
    # Q is right to a rounding unit of 1, and a short row needs it of its own length: there divide, unless that cancels.
    short = growth < 1
    white[short] = matrix[short] @ inverse / scales
    back = np.empty((rank, dimension))
    back[:, pivots] = triangle[:rank]
    residual = float((np.linalg.norm(matrix - white @ back, axis=1) / lengths).max()) if rank < dimension else 0.0
    return L1Space(*unit_vectors(white), rows, inverse, scales, residual, _UNIT * float(growth.max()))
