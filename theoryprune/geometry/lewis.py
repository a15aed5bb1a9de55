"""l1 Lewis weights: numbers whose sum is the rank and that bound how much each row can matter to the l1 norm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import cholesky, qr, solve_triangular

from theoryprune.errors import ConvergenceError
from theoryprune.geometry.arguments import Floats, Indices, as_count, as_points, as_positive
from theoryprune.geometry.l1_space import L1Space, l1_space


@dataclass(frozen=True, eq=False)
class LewisWeights:
    """l1 Lewis weights of points, and the bounds on sensitivities that follow from them.

    Parameters
    ----------
    weights : ndarray, shape (n,)
        tau: positive, 0 for zero rows; their sum is `rank`.
    theta : float
        ``max_j sigma_j / tau_j^2``, 1 for exact weights: ``|a_j . x| <= theta tau_j ||A x||_1`` for all j and x.
    sensitivities : ndarray, shape (n,)
        ``sqrt(theta sigma_j) <= theta tau_j``: upper bounds on ``sup_x |a_j . x| / ||A x||_1``, at most ``1 + gap``.
    total : float
        Their sum D: between `rank` and ``(1 + gap) rank``.
    gap : float
        Largest over smallest ``sqrt(sigma_j) / tau_j``, minus 1: each weight is within a factor ``(1 + gap)^2`` of
        the exact.
    target : float
        What `gap` had to reach.
    converged : bool
        Whether it did.
    steps : int
        Of the fixed point.
    rank : int
        Of the rows, each taken at length 1.
    zero_rows : ndarray of int64
        Rows equal to 0: they are left out.
    residual : float
        The largest part of a row that the numerical rank leaves out, relative to the row's length.
    rounding : float
        An estimate of how far the bounds can move, relatively, if each row of the points moves by a rounding unit. They
        hold for the points as given up to that; where it is not small, for points that differ by some units per row.
    """

    weights: Floats
    theta: float
    sensitivities: Floats
    total: float
    gap: float
    target: float
    converged: bool
    steps: int
    rank: int
    zero_rows: Indices
    residual: float
    rounding: float


def lewis_weights(points: ArrayLike, eps: float = 1e-6, max_steps: int = 200) -> LewisWeights:
    """Compute l1 Lewis weights, with a certificate that holds for whatever weights come out.

    Parameters
    ----------
    points : array_like, shape (n, d)
        The rows a_j of A.
    eps : float
        The largest `gap` allowed.
    max_steps : int
        Steps allowed. Each at least halves the logarithm of the error: 40 are plenty.

    Returns
    -------
    LewisWeights

    Raises
    ------
    ConvergenceError
        If the target is not reached; it carries the result, whose bounds hold all the same.
    ValueError
        If the points are not finite or have no row, `eps` is not positive, or `max_steps` below 1.

    Notes
    -----
    The weights solve ``tau_j^2 = sigma_j(tau) = a_j^T (A^T diag(1/tau) A)^+ a_j``. They exist, are unique, and do not
    change under ``A -> A M`` for invertible M. If two vectors of weights differ by a factor of at most c in each
    entry, so do their sigma, and the square roots by ``sqrt(c)``: the iteration ``tau <- sqrt(sigma)`` halves the
    error (M. Cohen, R. Peng, Lp row sampling by Lewis weights, 2015, arXiv 1412.0588), and the last step bounds what
    is left: see `LewisWeights.gap`. Each iterate is scaled to the sum r, the rank. That changes nothing in the sequence
    but its scale, and takes out the slowest error: the rest falls by a factor near ``1 / (r + 2)`` per step for many
    Gaussian rows.

    Certificate, for any ``tau > 0`` with ``rho = max_k |a_k . x| / tau_k``: by Cauchy-Schwarz ``|a_j . x|^2 <=
    sigma_j sum_k |a_k . x|^2 / tau_k <= sigma_j rho ||A x||_1``. Divided by ``tau_j^2`` at the largest j: ``rho <=
    theta ||A x||_1``. Put back: ``|a_j . x| <= sqrt(theta sigma_j) ||A x||_1``, at most ``theta tau_j``. The sum over
    j is at least r, since ``sqrt(theta sigma_j) >= sigma_j / tau_j``, the leverages. It is computed at exit by
    another factorisation than that of the steps, and holds up to its rounding, about 1e-12.

    In whitened coordinates the Gram matrices of all iterates have a condition number of at most ``n^2 / r``, whatever
    the points. Cost O(n r^2) per step.

    Examples
    --------
    >>> result = lewis_weights([[1, 0], [1, 0], [0, 5]])
    >>> result.weights.round(4).tolist(), result.rank
    ([0.5, 0.5, 1.0], 2)
    """
    matrix, eps = as_points(points), as_positive(eps, "eps")
    space, max_steps = l1_space(matrix), as_count(max_steps, "max_steps")
    tau, steps = np.full(len(space.rows), space.rank / max(1, len(space.rows))), 0
    white = space.white
    while space.rank and steps < max_steps:
        scaled = white / np.sqrt(tau)[:, None]
        root = _root_sigma(space, cholesky(scaled.T @ scaled, check_finite=False))
        if _spread(root, tau) <= eps:
            break
        tau = root * (space.rank / root.sum())
        steps += 1
    result = _certified(space, tau, len(matrix), eps, steps)
    if not result.converged:
        raise ConvergenceError(
            f"lewis_weights stopped after {steps} steps at a gap of {result.gap:.3g}, above eps = {eps:g}; "
            "allow more steps (max_steps) or a larger eps",
            gap=result.gap,
            result=result,
        )
    return result


def _root_sigma(space: L1Space, triangle: Floats) -> Floats:
    # Lengths stay outside the squares, which would underflow for rows below 1e-154.
    inverse = solve_triangular(triangle, np.eye(space.rank), check_finite=False)
    return np.asarray(np.linalg.norm(space.units @ inverse, axis=1)) * space.lengths


def _spread(root: Floats, tau: Floats) -> float:
    ratio = root / tau
    return float(ratio.max() / ratio.min()) - 1


def _certified(space: L1Space, tau: Floats, n: int, eps: float, steps: int) -> LewisWeights:
    weights, bounds, theta, total, gap = np.zeros(n), np.zeros(n), 1.0, 0.0, 0.0
    if space.rank:
        triangle = qr(space.white / np.sqrt(tau)[:, None], mode="r", check_finite=False)[0][: space.rank]
        root = _root_sigma(space, triangle)
        top, gap = float((root / tau).max()), _spread(root, tau)
        weights[space.rows], bounds[space.rows] = tau, top * root
        theta, total = top**2, float((top * root).sum())
    zero_rows = np.setdiff1d(np.arange(n), space.rows)
    checked, whitened = (gap, eps, gap <= eps, steps), (space.rank, zero_rows, space.residual, space.rounding)
    return LewisWeights(weights, theta, bounds, total, *checked, *whitened)
