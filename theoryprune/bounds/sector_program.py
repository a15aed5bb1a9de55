"""The best multipliers of the bound schur: a semidefinite program by a barrier method made for its structure."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, get_lapack_funcs

from theoryprune.bounds.central_path import Sector, follow_path
from theoryprune.bounds.pair import Pair
from theoryprune.bounds.rounding import Floats
from theoryprune.bounds.sector_value import compact, sector_square


def best_sector(pair: Pair, start: Floats, tol: float = 1e-3, max_steps: int = 60) -> Sector:
    """Minimise the square that multipliers T prove.

    Parameters
    ----------
    pair : Pair
    start : ndarray, shape (k,)
        Multipliers with ``T > A^T A``.
    tol : float
        Relative, for the square; half of it for the gain.
    max_steps : int
        Newton steps at most; the multipliers are valid after each.

    Notes
    -----
    minimise g subject to ``F(g, T) = [[g I + C^T l T C, -C^T H T], [-H T C, T - A^T A]] >= 0``, C = `compact` of B. The
    barrier is ``t g - log det F`` with N = k + min(k, d) rows; on the central path g is within ``N / t`` of the
    optimum. Each ``T_j`` stands before ``(a_j b_j^T + b_j a_j^T) / 2`` with ``a_j = (-l_j c_j, e_j)``, ``b_j = (-c_j,
    e_j)``, so with the inverse Sigma of F the Hessian is ``(a a * b b + a b * (a b)^T) / 2``, entrywise products of
    three k x k matrices such as ``a b = [a_i^T Sigma b_j]``. A Newton step costs O(N^3), about that of one
    factorisation of F, however many multipliers there are; general solvers for semidefinite programs pay N^3 k. The
    result is only a candidate: `is_sector_bound` decides.
    """
    root = np.sqrt(start)
    left, right = pair.left / root, root[:, None] * compact(pair.right)
    square = sector_square(pair, start)
    if not 0 < square < np.inf:
        return Sector(start, float("inf"), 0)
    program = _Program(left.T @ left, right / np.sqrt(square), pair.slopes)
    point = np.concatenate([[1.5], np.ones(len(start))])
    size = len(start) + right.shape[1]
    found = follow_path(program, point, size, tol, max_steps)
    return replace(found, multipliers=found.multipliers * start)


@dataclass(frozen=True, eq=False)
class _Program:
    gram: Floats
    right: Floats
    slopes: Floats

    def matrix(self, point: Floats) -> Floats:
        """F at (g, T)."""
        k, r = self.right.shape
        weighted = point[1:, None] * self.right
        result = np.empty((r + k, r + k))
        result[:r, :r] = self.right.T @ (self.slopes[:, None] * weighted)
        result[:r, :r][np.diag_indices(r)] += point[0]
        result[r:, :r] = -((1 + self.slopes) / 2)[:, None] * weighted
        result[:r, r:] = result[r:, :r].T
        result[r:, r:] = -self.gram
        result[r:, r:][np.diag_indices(k)] += point[1:]
        return result

    def inverse(self, point: Floats) -> Floats | None:
        """F^-1, None outside the cone."""
        try:
            factor = cho_factor(self.matrix(point), lower=True, overwrite_a=True, check_finite=False)
        except LinAlgError:
            return None
        inverse: Floats = cho_solve(factor, np.eye(len(factor[0])), overwrite_b=True, check_finite=False)
        return inverse

    def barrier(self, point: Floats, t: float) -> float:
        """The barrier ``t g - log det F``, infinity outside the cone."""
        (factorise,) = get_lapack_funcs(("potrf",), (point,))
        factor, info = factorise(self.matrix(point).T, lower=True, overwrite_a=True, clean=False)
        return float("inf") if info else t * float(point[0]) - 2 * float(np.log(np.diag(factor)).sum())

    def derivatives(self, inverse: Floats, t: float) -> tuple[Floats, Floats]:
        """Gradient and Hessian of the barrier in (g, T)."""
        right, low = self.right, self.slopes[:, None]
        k, r = right.shape
        corner, side, units = inverse[:r, :r], inverse[:r, r:], inverse[r:, r:]
        inner, cross = right @ corner @ right.T, right @ side
        scaled = low * inner
        first = scaled * self.slopes - low * cross - (low * cross).T + units
        second = inner - cross - cross.T + units
        mixed = scaled - low * cross - cross.T + units
        gradient = np.concatenate([[t - np.trace(corner)], -np.diag(mixed)])
        hessian = np.empty((k + 1, k + 1))
        hessian[1:, 1:] = (first * second + mixed * mixed.T) / 2
        hessian[0, 0] = np.sum(corner * corner)
        reach = corner @ right.T
        hessian[0, 1:] = hessian[1:, 0] = np.einsum("ij,ij->j", side - reach * self.slopes, side - reach)
        return gradient, hessian
