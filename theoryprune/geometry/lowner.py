"""The ellipsoid of least volume around points, after Löwner and John, by the D-optimal design that is its dual."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.errors import ConvergenceError
from theoryprune.geometry.affine_hull import affine_hull
from theoryprune.geometry.arguments import Floats, as_count, as_points, as_positive, as_share, as_weights
from theoryprune.geometry.design import Evaluation, evaluate
from theoryprune.geometry.ellipsoid import Lowner
from theoryprune.geometry.lowner_away import LIMIT as AWAY_LIMIT
from theoryprune.geometry.lowner_away import away_steps
from theoryprune.geometry.lowner_newton import LIMIT as NEWTON_LIMIT
from theoryprune.geometry.lowner_newton import newton
from theoryprune.geometry.lowner_start import pivots, spread, told
from theoryprune.geometry.rank import whiten

Solver = Callable[[Floats, float, Evaluation, int], tuple[Evaluation, int]]

_SOLVERS: dict[str, tuple[Solver, int]] = {"newton": (newton, NEWTON_LIMIT), "away": (away_steps, AWAY_LIMIT)}


def lowner(
    points: ArrayLike,
    eps: float = 1e-2,
    *,
    method: Literal["auto", "newton", "away"] = "auto",
    symmetric: bool = True,
    start: ArrayLike | None = None,
    rank_tol: float | None = None,
    max_steps: int | None = None,
) -> Lowner:
    """Find nearly the ellipsoid of least volume that contains points, and prove how near.

    Parameters
    ----------
    points : array_like, shape (n, d)
        One point in each row, finite, of any rank; duplicates and zeros are welcome. Taken as float64.
    eps : float
        Accuracy: `Lowner.certificate` at most this, so that the volume is at most ``(1 + eps)**(k/2)`` times the
        least, with k the rank, plus 1 unless `symmetric`.
    method : {"auto", "newton", "away"}
        Newton steps on a working set (`newton`), which is what "auto" takes, or `away_steps`, one point at a time.
    symmetric : bool
        Contain the points and their negatives, center 0; otherwise the points alone, any center.
    start : array_like, shape (n,), optional
        Weights to start from, such as those of a result for nearby points.
    rank_tol : float, optional
        Singular values up to this part of the largest are taken for 0, in place of ``max(n, d) * 2**-52``.
    max_steps : int, optional
        Of the solver; by default 200 Newton steps, or 100000 away steps.

    Returns
    -------
    Lowner

    Raises
    ------
    ValueError
        If an argument is not as said, or the points with weight in `start` do not span the others.
    ConvergenceError
        If the certificate stays above `eps`: too few steps, or an eps near the rounding errors (1e-12 is within
        reach of well-conditioned points). It carries the result that was reached.

    Notes
    -----
    The dual problem is D-optimal design: maximise ``log det sum_i u_i p_i p_i^T`` over designs u. A design is optimal
    if and only if no leverage ``p_i^T A(u)^{-1} p_i`` is above the rank (Kiefer and Wolfowitz 1960), and by weak
    duality ``log det A(best) - log det A(u) <= k log(1 + certificate)``. The points are whitened first, under which
    all this is invariant, and solved as they are if `symmetric`; otherwise ``(p_i - mean, 1)`` are solved in one
    dimension more. As many independent points as dimensions have the uniform design, and in one dimension the
    farthest point has all weight. The accuracy is that of the points after rounding: an anisotropy of 1e8 leaves
    leverages with a relative error of about 1e-8.

    Cost: O(n d^2) for each of usually 2 to 5 steps, memory O(n d) and that of the working set (`newton`).

    Examples
    --------
    >>> result = lowner([[2.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    >>> result.weights
    array([0.5, 0.5, 0. ])
    >>> result.matrix.round(12)
    array([[0.25, 0.  ],
           [0.  , 1.  ]])
    """
    rows = as_points(points)
    target = as_positive(eps, "eps")
    if method not in ("auto", *_SOLVERS):
        raise ValueError(f"method must be 'auto', 'newton' or 'away', got {method!r}")
    rank_tol = None if rank_tol is None else as_share(rank_tol, "rank_tol")
    max_steps = None if max_steps is None else as_count(max_steps, "max_steps", least=0)
    warm = None if start is None else as_weights(start, len(rows), "start")
    name = "newton" if method == "auto" else method
    origin, space = (np.zeros(rows.shape[1]), whiten(rows, rank_tol)) if symmetric else affine_hull(rows, rank_tol)
    # The constant comes first: then the Cholesky factor's other rows are that of the covariance.
    white = space.white if symmetric else np.column_stack([np.full(len(rows), len(rows) ** -0.5), space.white])
    best, steps, how = _solve(white, target, warm, name, max_steps)
    weights, certificate = (best.weights, best.excess) if best is not None else (np.zeros(len(rows)), 0.0)
    whitener = best.whitener[-space.rank :, -space.rank :] if best is not None and space.rank else np.empty((0, 0))
    radius = np.sqrt(max(1.0, (1 + certificate) * white.shape[1] - (not symmetric)))
    result = Lowner(
        weights=weights,
        certificate=certificate,
        target=target,
        converged=certificate <= target,
        center=origin if symmetric else origin + (weights @ space.white) @ space.to_points,
        transform=space.from_points @ whitener.T / radius,
        rank=space.rank,
        residual=space.residual,
        zero_rows=np.flatnonzero(~rows.any(axis=1)) if symmetric else np.empty(0, np.int64),
        steps=steps,
        method=how,
        symmetric=symmetric,
    )
    if not result.converged:
        raise ConvergenceError(
            f"lowner stopped after {steps} steps ({name}) at a certificate of {certificate:.3g}, above eps={eps:.3g}; "
            "allow more steps or a larger eps",
            gap=certificate,
            result=result,
        )
    return result


def _solve(
    white: Floats, eps: float, warm: Floats | None, method: str, max_steps: int | None
) -> tuple[Evaluation | None, int, str]:
    """Weights for whitened rows; None if there is no dimension, thus no design to speak of."""
    n, r = white.shape
    if r == 0:
        return None, 0, "closed form"
    if r == 1:
        return evaluate(white, (np.arange(n) == np.abs(white[:, 0]).argmax()).astype(np.float64)), 0, "closed form"
    if n == r:
        return evaluate(white, np.full(n, 1 / n)), 0, "closed form"
    solver, limit = _SOLVERS[method]
    start = told(white, warm) if warm is not None else spread(white) if method == "newton" else pivots(white)
    best, steps = solver(white, eps, start, limit if max_steps is None else max_steps)
    return best, steps, method
