"""The result of a search for the ellipsoid of least volume: the design behind it, and what it proves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from theoryprune.geometry.arguments import Floats, Indices


@dataclass(frozen=True, eq=False)
class Lowner:
    """An ellipsoid around points, nearly the one of least volume, with the design that proves it.

    Parameters
    ----------
    weights : ndarray, shape (n,)
        The design u: non-negative, of sum 1, one weight for each point; all 0 only if all points are 0 (symmetric).
    certificate : float
        ``g/k - 1`` with g the largest leverage over all n points, recomputed from the weights by a factorisation of
        their own, and k what it is at the optimum: the rank r of the points if `symmetric`; otherwise r + 1, the rank
        of the lifted points ``(p_i, 1)``, whose leverages are meant then. 0 at the optimum. The volume of the
        ellipsoid is at most ``(1 + certificate)**(k/2)`` times the least.
    target : float
        The eps that was asked for.
    converged : bool
        ``certificate <= target``.
    center : ndarray, shape (d,)
        0 if `symmetric`, otherwise the mean of the points under u.
    transform : ndarray, shape (d, r)
        The ellipsoid: ``|(x - center) @ transform| <= 1``, in the span of the points about the center.
    rank : int
        The rank r of the points, minus their mean unless `symmetric`.
    residual : float
        Frobenius norm of the part of the points outside of r dimensions, which was taken for 0.
    zero_rows : ndarray of int64
        Points equal to 0, which have weight 0 if `symmetric`; none otherwise.
    steps : int
        Of the solver; 0 where the optimum is known in closed form, or the start is good enough.
    method : str
        ``"newton"``, ``"away"``, or ``"closed form"``.
    symmetric : bool
        Whether the ellipsoid is the least around the points and their negatives.

    Notes
    -----
    For any design (geometry of John 1948, Kiefer and Wolfowitz 1960): with ``g = (1 + certificate) k``, the points
    lie in the ellipsoid, and the ellipsoid shrunk about its center by `ratio` lies in their convex hull, that of the
    points and their negatives if `symmetric`. Symmetric: ``A = sum_i u_i p_i p_i^T`` and
    ``sqrt(x^T A x) <= max_i |p_i.x| <= sqrt(g) sqrt(x^T A x)``, a mean of squares on the left, Cauchy-Schwarz on the
    right. Otherwise S is the covariance under u, ``(p_i - c)^T S^{-1} (p_i - c) = leverage - 1 <= g - 1``; and since
    a variance is at most the product of the two ends of its range (Bhatia and Davis 2000), the hull reaches at least
    ``sqrt(x^T S x / (g - 1))`` from c in every direction x.
    """

    weights: Floats
    certificate: float
    target: float
    converged: bool
    center: Floats
    transform: Floats
    rank: int
    residual: float
    zero_rows: Indices
    steps: int
    method: str
    symmetric: bool

    def __repr__(self) -> str:
        """Say what it is, not what it holds."""
        state = "converged" if self.converged else "not converged"
        return (
            f"Lowner({len(self.weights)} points of rank {self.rank}, support {len(self.support)}, "
            f"certificate {self.certificate:.3g}, {state})"
        )

    @property
    def support(self) -> Indices:
        """Indices of the points with weight, ascending."""
        return np.flatnonzero(self.weights)

    @property
    def ratio(self) -> float:
        """By how much shrinking about the center takes the ellipsoid into the convex hull: ``sqrt(g)``, or ``g - 1``.

        At the optimum ``sqrt(r)`` if `symmetric`, otherwise r; 1 if the points are all equal.
        """
        if self.symmetric:
            return max(1.0, float(np.sqrt((1 + self.certificate) * self.rank)))
        return max(1.0, (1 + self.certificate) * (self.rank + 1) - 1)

    @cached_property
    def matrix(self) -> Floats:
        """The matrix M of the ellipsoid, ``(x - center)^T M (x - center) <= 1``; (d, d), of rank r.

        Where r < d it is a cylinder, whose part in the span of the points is the ellipsoid. It holds squares: points
        below 1e-150 overflow, and an anisotropy above 1e7 drowns in rounding; `transform` has neither trouble.
        """
        product: Floats = self.transform @ self.transform.T
        return product
