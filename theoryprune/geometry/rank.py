"""Points in coordinates of the space that they span, in which they are well conditioned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr, svd

from theoryprune.geometry.arguments import Floats


@dataclass(frozen=True, eq=False)
class RowSpace:
    """Points in an orthonormal basis of their span: ``points ~ white @ to_points``.

    Parameters
    ----------
    white : ndarray, shape (n, r)
        The rows in new coordinates; their columns are orthonormal.
    to_points : ndarray, shape (r, d)
        From the new coordinates back: orthogonal rows, row i of length ``s_i``, the i-th singular value.
    residual : float
        Frobenius norm of what lies outside: exact only for points of rank `r`.
    singular_values : ndarray, shape (min(n, d),)
        Of the points, descending, those that were taken for zero included.

    Notes
    -----
    Numerical rank: singular values above ``factor * s_1``, with ``factor = max(n, d) * 2**-52`` by default.
    """

    white: Floats
    to_points: Floats
    residual: float
    singular_values: Floats

    @property
    def rank(self) -> int:
        """Dimension of the span."""
        return len(self.to_points)


def row_space(points: Floats, rank_tol: float | None = None) -> RowSpace:
    """Whiten points by a thin singular value decomposition.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Finite, of any magnitude whose norms float64 holds after division by the largest entry.
    rank_tol : float, optional
        In place of ``max(n, d) * 2**-52``.

    Returns
    -------
    RowSpace
        Of rank 0 if all points are zero.

    Notes
    -----
    Cost O(n d min(n, d)). For ``n > 4 d`` a QR decomposition comes first. Forming the Gram matrix instead would square
    the condition number: an anisotropy of 1e8 could not be told from rank deficiency.
    """
    n, d = points.shape
    scale = float(np.abs(points).max())
    if scale == 0:
        return RowSpace(np.empty((n, 0)), np.empty((0, d)), 0.0, np.zeros(min(n, d)))
    scaled = points / scale
    if tall := n > 4 * d:
        q, scaled = qr(scaled, mode="economic", overwrite_a=True, check_finite=False)
    u, s, vt = svd(scaled, full_matrices=False, check_finite=False)
    tolerance = max(n, d) * 2.0**-52 if rank_tol is None else rank_tol
    rank = int((s > tolerance * s[0]).sum())
    white = q @ u[:, :rank] if tall else u[:, :rank]
    residual = float(np.linalg.norm(s[rank:])) * scale
    return RowSpace(np.ascontiguousarray(white), (s[:rank, None] * scale) * vt[:rank], residual, s * scale)
