"""The checker of a nearly optimal design, by other factorisations than those of the solvers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import qr, solve_triangular, svd

from theoryprune.geometry.arguments import Floats, as_points, as_share, as_vector
from theoryprune.geometry.design import is_design
from theoryprune.geometry.verdict import Verdict, confirmed, refuted, undecided

_UNIT = 2.0**-53
_HOPELESS = 1e10
"""A condition number beyond which leverages have too few digits to decide anything."""


def is_lowner(
    points: ArrayLike,
    weights: ArrayLike,
    eps: float,
    *,
    symmetric: bool = True,
    rank: int | None = None,
    residual: float | None = None,
    rank_tol: float | None = None,
) -> Verdict:
    """Check that weights are a design whose largest leverage over all points is at most ``(1 + eps) k``.

    Parameters
    ----------
    points : array_like, shape (n, d)
    weights : array_like, shape (n,)
        `Lowner.weights`.
    eps : float
        The claim, such as `Lowner.certificate`; not negative.
    symmetric : bool
        Whether k is the rank of the points; otherwise that of ``(p_i, 1)``, whose leverages are meant then.
    rank, residual : int, float, optional
        `Lowner.rank` and `Lowner.residual`, to be checked too: the rank must be this, and what lies outside of so many
        dimensions no more than this (up to 1e-6 of it and 1e-13 of the points' norm).
    rank_tol : float, optional
        As in `lowner`.

    Returns
    -------
    Verdict
        Its value is ``g/k - 1``. Inconclusive if R, see below, has a condition number above 1e10, for then the
        leverages are not known well enough.

    Raises
    ------
    ValueError
        If points, weights or eps are no arguments of this kind; weights that are no design are refuted instead.

    Notes
    -----
    Independent of the solver: the points are not whitened, only rotated if their rank is less than d; the factor R
    comes from a QR decomposition of ``diag(sqrt(u)) P`` instead of Cholesky's of the Gram matrix, and the leverages
    from a triangular solve. Accepted up to a relative slack of ``max(1e-9, 10 cond(R) 2**-53)``. Where the rank is
    less than d, it is the points projected to their span that are checked. Cost O(n d^2).
    """
    rows, claim = as_points(points), as_vector([eps], 1, "eps")[0]
    if claim < 0:
        raise ValueError(f"eps must not be negative, got {eps}")
    rank_tol = None if rank_tol is None else as_share(rank_tol, "rank_tol")
    shape = np.shape(weights)
    if shape != (len(rows),):
        raise ValueError(f"weights must have shape ({len(rows)},), one for each point, got {shape}")
    if symmetric and not rows.any():
        zero = not np.any(weights)
        return confirmed("no point but 0", 0.0) if zero else refuted("points that are all 0 have no design")
    if not (design := is_design(weights)):
        return refuted(design.reason)
    u = np.asarray(weights, dtype=np.float64)
    coordinates, outside = _coordinates(rows if symmetric else _lifted(rows, u), rank_tol)
    scale = float(np.abs(rows if symmetric else rows - rows[u.argmax()]).max())
    k = coordinates.shape[1]
    if rank is not None and rank != k - (not symmetric):
        return refuted(f"the rank is {k - (not symmetric)}, not {rank}")
    if residual is not None and outside > residual / (scale or 1.0) * (1 + 1e-6) + 1e-13 * np.sqrt(rows.size):
        return refuted(f"{outside * scale:.3g} lies outside of the span, more than {residual:.3g}")
    held = np.flatnonzero(u)
    if len(held) < k:
        return refuted(f"{len(held)} points with weight cannot span {k} dimensions")
    factor = qr(np.sqrt(u[held])[:, None] * coordinates[held], mode="r", check_finite=False)[0][:k]
    condition = float(np.linalg.cond(factor))
    if not condition <= _HOPELESS:
        return undecided(f"the condition number {condition:.3g} leaves no digit of the leverages")
    found = (solve_triangular(factor, coordinates.T, trans="T", check_finite=False) ** 2).sum(axis=0)
    value = float(found.max()) / k - 1
    if value <= (1 + claim) * (1 + max(1e-9, 10 * condition * _UNIT)) - 1:
        return confirmed(f"no leverage is above {1 + claim:.6g} times {k}", value)
    return refuted(f"point {int(found.argmax())} has a leverage of {1 + value:.12g} times {k}", value)


def _lifted(rows: Floats, weights: Floats) -> Floats:
    """Points about the heaviest of them, at most 1 in size, with a 1 appended."""
    moved = rows - rows[weights.argmax()]
    return np.column_stack([moved / (np.abs(moved).max() or 1.0), np.ones(len(rows))])


def _coordinates(rows: Floats, rank_tol: float | None) -> tuple[Floats, float]:
    """Scaled rows, rotated into their span if that is smaller, and the norm of what lies outside."""
    n, d = rows.shape
    scaled = rows / np.abs(rows).max()
    triangle = qr(scaled, mode="r", check_finite=False)[0][: min(n, d)]
    singular, right = svd(triangle, full_matrices=False, check_finite=False)[1:]
    tolerance = max(n, d) * 2.0**-52 if rank_tol is None else rank_tol
    rank = int((singular > tolerance * singular[0]).sum())
    outside = float(np.linalg.norm(singular[rank:]))
    return (scaled if rank == d else scaled @ right[:rank].T), outside
