"""Designs: probability weights on points, the matrix they make, and the leverage of each point under it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg.blas import dtrmm
from scipy.linalg.lapack import dtrtri

from theoryprune.geometry.arguments import Floats, as_points, as_positive, as_vector, as_weights
from theoryprune.geometry.rank import whiten
from theoryprune.geometry.verdict import Verdict, confirmed, refuted

_BLOCK = 4096
"""Rows whitened at once: their images stay in the cache, and need no memory of the size of the points."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A design, and all that one factorisation says of it.

    Parameters
    ----------
    weights : ndarray, shape (n,)
    leverages : ndarray, shape (n,)
        Of all rows, those of weight 0 included.
    log_det : float
        Of ``A = sum_i weights_i p_i p_i^T``.
    whitener : ndarray, shape (r, r)
        The inverse of A's Cholesky factor, lower triangular: ``whitener.T @ whitener = A^{-1}``.
    """

    weights: Floats
    leverages: Floats
    log_det: float
    whitener: Floats

    @property
    def excess(self) -> float:
        """``max leverage / r - 1``, which no design has below 0; less is rounding."""
        return max(0.0, float(self.leverages.max()) / len(self.whitener) - 1)


def evaluate(rows: Floats, weights: Floats) -> Evaluation | None:
    """Factor the matrix of a design and take the leverages of all rows; None if it is numerically singular.

    Parameters
    ----------
    rows : ndarray, shape (n, r)
        Well scaled: `RowSpace.white`.
    weights : ndarray, shape (n,)
        A design.

    Returns
    -------
    Evaluation or None

    Notes
    -----
    Cost O(n r^2), two products of matrices. The triangular factor is inverted, which is O(r^3), because multiplying
    the rows by it is several times faster than a triangular solve.
    """
    support = np.flatnonzero(weights)
    held = rows[support] if 2 * len(support) < len(rows) else rows
    kept = weights[support] if held is not rows else weights
    scaled = held * np.sqrt(kept)[:, None]
    try:
        lower = np.linalg.cholesky(scaled.T @ scaled)
    except np.linalg.LinAlgError:
        return None
    log_det = 2 * float(np.log(np.diag(lower)).sum())
    whitener = dtrtri(lower, lower=1)[0]
    found = np.empty(len(rows))
    for first in range(0, len(rows), _BLOCK):
        block = apply(whitener, rows[first : first + _BLOCK])
        np.einsum("ij,ij->i", block, block, out=found[first : first + _BLOCK])
    return Evaluation(weights, found, log_det, whitener)


def apply(whitener: Floats, rows: Floats) -> Floats:
    """Return ``rows @ whitener.T`` for a lower triangular `whitener`."""
    image: Floats = dtrmm(1.0, whitener, rows.T, lower=1).T
    return image


def leverages(points: ArrayLike, weights: ArrayLike) -> Floats:
    """Return the leverage ``p_i^T A^{-1} p_i`` of every point under a design, ``A = sum_i weights_i p_i p_i^T``.

    Parameters
    ----------
    points : array_like, shape (n, d)
        Of any rank; A is inverted on their span.
    weights : array_like, shape (n,)
        Non-negative; those of ``c * weights`` are ``1/c`` times these.

    Returns
    -------
    ndarray, shape (n,)
        float64; ``sum_i weights_i leverage_i`` is the rank of the points.

    Raises
    ------
    ValueError
        If the points that carry weight do not span the others, so that some leverage is infinite.

    Notes
    -----
    Invariant under any invertible linear map of the points. Cost O(n d^2).

    Examples
    --------
    >>> leverages([[2.0, 0.0], [0.0, 1.0], [2.0, 1.0]], [0.5, 0.5, 0.0])
    array([2., 2., 4.])
    """
    rows = as_points(points)
    mass = as_weights(weights, len(rows))
    space = whiten(rows)
    total = float(mass.sum())
    found = evaluate(space.white, mass / total) if space.rank else None
    if space.rank and found is None:
        raise ValueError(f"weights must lie on points that span all {space.rank} dimensions of the others, got fewer")
    return np.zeros(len(rows)) if found is None else found.leverages / total


def is_design(weights: ArrayLike, tol: float = 1e-12) -> Verdict:
    """Check that weights are a design: finite, none negative, and of sum 1 within `tol`.

    Parameters
    ----------
    weights : array_like, shape (n,)
    tol : float

    Returns
    -------
    Verdict
        Its value is how far the sum is from 1.

    Raises
    ------
    ValueError
        If the weights are no real vector, or `tol` is not positive.
    """
    vector = np.asarray(weights)
    limit = as_positive(tol, "tol")
    if vector.ndim != 1 or vector.dtype.kind not in "fiub":
        raise ValueError(f"weights must be one real number for each point, got {vector.dtype} of shape {vector.shape}")
    if not np.isfinite(vector).all():
        return refuted("a weight is not finite")
    entries = as_vector(vector, len(vector), "weights")
    off = abs(float(entries.sum()) - 1)
    if (entries < 0).any():
        return refuted(f"weight {int(entries.argmin())} is negative: {float(entries.min()):.6g}", off)
    if not off <= limit:
        return refuted(f"the weights add up to {float(entries.sum()):.15g}", off)
    return confirmed(f"no weight is negative, and they add up to 1 within {limit:.3g}", off)
