"""Points in coordinates of the space that they span, in which they are well conditioned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr, svd
from scipy.linalg.lapack import dpocon, dpotrf, dtrtri

from theoryprune.geometry.arguments import Floats

_WELL_CONDITIONED = 1e-10
"""Least reciprocal condition number of the Gram matrix at which its Cholesky factor whitens as well as an SVD.

That of the points is the square root, 1e-5: ten million times what the default rank tolerance asks at most.
"""


@dataclass(frozen=True, eq=False)
class RowSpace:
    """Points in coordinates of their span, in which their Gram matrix is the identity: ``points ~ white @ to_points``.

    Parameters
    ----------
    white : ndarray, shape (n, r)
        The rows in new coordinates; their columns are orthonormal.
    to_points : ndarray, shape (r, d)
        From the new coordinates back; its rows span the points.
    from_points : ndarray, shape (d, r)
        A right inverse of `to_points`, zero on what is orthogonal to its rows: ``white ~ points @ from_points``.
    residual : float
        Frobenius norm of what lies outside: exact only for points of rank `r`.
    """

    white: Floats
    to_points: Floats
    from_points: Floats
    residual: float

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
        Of rank 0 if all points are zero; the rows of `to_points` are orthogonal, of descending length.

    Notes
    -----
    The numerical rank is the number of singular values above ``rank_tol`` times the largest one. Cost
    O(n d min(n, d)). For ``n > 4 d`` a QR decomposition comes first. Forming the Gram matrix instead would square the
    condition number: an anisotropy of 1e8 could not be told from rank deficiency.
    """
    n, d = points.shape
    scale = float(np.abs(points).max())
    if scale == 0:
        return RowSpace(np.empty((n, 0)), np.empty((0, d)), np.empty((d, 0)), 0.0)
    scaled = points / scale
    if tall := n > 4 * d:
        q, scaled = qr(scaled, mode="economic", overwrite_a=True, check_finite=False)
    u, s, vt = svd(scaled, full_matrices=False, check_finite=False)
    tolerance = max(n, d) * 2.0**-52 if rank_tol is None else rank_tol
    rank = int((s > tolerance * s[0]).sum())
    white = q @ u[:, :rank] if tall else u[:, :rank]
    residual = float(np.linalg.norm(s[rank:])) * scale
    to_points, from_points = (s[:rank, None] * scale) * vt[:rank], vt[:rank].T / s[:rank] / scale
    return RowSpace(np.ascontiguousarray(white), to_points, from_points, residual)


def whiten(points: Floats, rank_tol: float | None = None) -> RowSpace:
    """Whiten points by a Cholesky factor where that is as good, otherwise by `row_space`; several times faster.

    Parameters
    ----------
    points : ndarray, shape (n, d)
    rank_tol : float, optional

    Returns
    -------
    RowSpace
        The same space in other coordinates; the columns of `white` are orthonormal to 1e-5 only.

    Notes
    -----
    With ``P^T P = R^T R``, the rows of ``P R^{-1}`` are the points, each up to a relative error of the order of
    cond(P) 2**-53, in coordinates that are nearly orthonormal. Whatever is invariant under a change of coordinates,
    such as a leverage, is therefore as accurate as after a QR decomposition, once R is known to be well conditioned;
    LAPACK's estimate of that is O(d^2). Cost O(n d^2), almost all in two matrix products.
    """
    n, d = points.shape
    scale = float(np.abs(points).max())
    if scale == 0 or n < d or (rank_tol is not None and rank_tol > max(n, d) * 2.0**-52):
        return row_space(points, rank_tol)
    scaled = points / scale
    gram = scaled.T @ scaled
    norm = float(np.abs(gram).sum(axis=0).max())
    factor, failed = dpotrf(gram, lower=0, clean=1)
    if failed or dpocon(factor, norm, uplo="U")[0] < _WELL_CONDITIONED:
        return row_space(points, rank_tol)
    inverse = dtrtri(factor, lower=0)[0]
    return RowSpace(scaled @ inverse, factor * scale, inverse / scale, 0.0)
