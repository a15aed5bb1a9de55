"""How much a subset loses of the largest product with a direction, exactly, by linear programs."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linprog

from theoryprune.errors import ConvergenceError
from theoryprune.geometry.arguments import Floats, as_indices, as_points
from theoryprune.geometry.rank import RowSpace, row_space

AGREE = 1e-6
"""Relative accuracy of a factor: how far a linear program and its witness may differ."""


def linf_factor(points: ArrayLike, indices: ArrayLike) -> float:
    """Return the least F with ``max_P |p.x| <= F max_S |s.x|`` for all x.

    Parameters
    ----------
    points : array_like, shape (n, d)
        P.
    indices : array_like of int, shape (s,)
        Of S in P.

    Returns
    -------
    float
        At least 1, to a relative accuracy of 1e-6; infinite if and only if S spans less than P, numerically
        (`row_space`): of directions beyond the numerical rank of P nothing is said.

    Raises
    ------
    ValueError
        If an argument is not of this kind.
    ConvergenceError
        If a linear program fails, or its two sides do not agree.

    Notes
    -----
    ``F = max_p max {p.x : |s.x| <= 1 for s in S}``, and by duality the inner maximum is the least ``sum_s |c_s|`` with
    ``sum_s c_s s = p``. The program in c is solved (HiGHS), from the point on with the largest coefficients of least
    squares, which bound it from above, until no other can be larger. Each answer is held against the x that its dual
    variables give. Cost: from one to n programs with r equations and 2 s unknowns.

    Examples
    --------
    >>> round(linf_factor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [0, 1]), 6)
    2.0
    """
    return _factor(points, indices, one_sided=False)


def one_sided_factor(points: ArrayLike, indices: ArrayLike) -> float:
    """Return the least F with ``max_P max(p.x, 0) <= F max_S max(s.x, 0)`` for all x.

    Parameters
    ----------
    points : array_like, shape (n, d)
        P.
    indices : array_like of int, shape (s,)
        Of S in P.

    Returns
    -------
    float
        At least 1; infinite if and only if some p is outside of the convex cone of S, which is the rule: half of all
        directions may see nothing of S. Up to the numerical rank, as for `linf_factor`.

    Raises
    ------
    ValueError, ConvergenceError
        As in `linf_factor`.

    Notes
    -----
    ``F = max_p max {p.x : s.x <= 1 for s in S}``, the least ``sum_s c_s`` with ``sum_s c_s s = p`` and ``c >= 0``. If
    there is no such c, Farkas' lemma gives an x with ``p.x > 0`` and no ``s.x > 0``, against which no factor helps.
    Cost: n linear programs with r equations and s unknowns.
    """
    return _factor(points, indices, one_sided=True)


def _factor(points: ArrayLike, indices: ArrayLike, one_sided: bool) -> float:
    rows = as_points(points)
    chosen = as_indices(indices, len(rows))
    space = row_space(rows)
    held = row_space(space.white[chosen]) if len(chosen) and space.rank else None
    if held is None or (held.rank < space.rank and not one_sided):
        return np.inf if space.rank else 1.0
    if held.rank < space.rank and not _in_span(space.white, held):
        return np.inf
    # Coordinates in which the columns of S are orthonormal, so that the solver sees numbers near 1.
    live = space.white @ held.from_points
    kept = live[chosen]
    bounds = np.full(len(rows), np.inf) if one_sided else np.abs(live @ kept.T).sum(axis=1)
    bounds[chosen], bounds[np.flatnonzero(~rows.any(axis=1))] = 0.0, 0.0
    best = 1.0
    for i in np.argsort(-bounds):
        if bounds[i] <= best:
            break
        best = max(best, _least_sum(kept, live[i], one_sided))
    return best


def _in_span(white: Floats, held: RowSpace) -> bool:
    """Whether all rows lie in the span of those that `held` was made of, up to rounding."""
    outside = white - white @ held.from_points @ held.to_points
    return bool((np.linalg.norm(outside, axis=1) <= 1e-9 * np.linalg.norm(white, axis=1)).all())


def _least_sum(held: Floats, point: Floats, one_sided: bool) -> float:
    """The least sum of |c|, or of c >= 0, with ``c @ held = point``, and its dual x as a witness."""
    largest = float(np.abs(point).max())
    if largest == 0:  # a point that rounding took out of the numerical span
        return 0.0
    size = float(np.linalg.norm(point / largest)) * largest  # the square of 1e-200 is 0
    columns = held.T if one_sided else np.hstack([held.T, -held.T])
    found = linprog(np.ones(columns.shape[1]), A_eq=columns, b_eq=point / size, bounds=(0, None), method="highs")
    if found.status == 2 and one_sided and _separates(held, point / size):
        return np.inf
    if found.status != 0:
        raise ConvergenceError(f"a linear program for the factor failed: {found.message}", gap=np.inf)
    x = found.eqlin.marginals
    seen = held @ x
    least = float(point @ x) / float((seen if one_sided else np.abs(seen)).max()) / size
    if not abs(least - found.fun) <= AGREE * found.fun:
        raise ConvergenceError(
            f"the linear program says {found.fun:.9g}, its witness {least:.9g}; the points may be too ill-conditioned",
            gap=abs(least - found.fun),
        )
    return float(found.fun) * size


def _separates(held: Floats, point: Floats) -> bool:
    """Whether some x has a positive product with the point and with none of those held."""
    found = linprog(-point, A_ub=held, b_ub=np.zeros(len(held)), bounds=(-1, 1), method="highs")
    return found.status == 0 and float(point @ found.x) > 1e-7 * (1 + float((held @ found.x).max()))
