"""How much a single row can matter to the l1 norm of all products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.errors import ConvergenceError
from theoryprune.geometry.arguments import Floats, as_points
from theoryprune.geometry.l1_ratio import l1_ratio
from theoryprune.geometry.l1_space import l1_space
from theoryprune.geometry.lewis import lewis_weights
from theoryprune.geometry.peeling import peeling

Method = Literal["lewis", "exact", "peeling"]
_AGREE = 1e-6


@dataclass(frozen=True, eq=False)
class Sensitivities:
    """Bounds on the l1 sensitivities of points.

    Parameters
    ----------
    bounds : ndarray, shape (n,)
        Upper bounds on ``sup_x |a_j . x| / ||A x||_1``, at most 1; 0 for zero rows.
    lower : ndarray, shape (n,)
        What a direction attains, for ``method="exact"``; otherwise 0.
    total : float
        The sum of `bounds`: what the sampling theorems ask for.
    rank : int
        Of the rows, each taken at length 1.
    method : str
        What made them.
    converged : bool
        Whether the solver behind them reached its target.
    rounding : float
        As in `LewisWeights`.
    """

    bounds: Floats
    lower: Floats
    total: float
    rank: int
    method: Method
    converged: bool
    rounding: float


def sensitivities(points: ArrayLike, method: Method = "lewis") -> Sensitivities:
    """Bound how large one row's product can be beside the sum of all.

    Parameters
    ----------
    points : array_like, shape (n, d)
        The rows a_j of A. For a sum of ``v_j phi(w_j . x)`` they are ``v_j w_j``.
    method : {"lewis", "exact", "peeling"}
        ``"lewis"``: by `lewis_weights`, within 1e-6; the total is the rank. ``"exact"``: one linear program for each
        row.

    Returns
    -------
    Sensitivities

    Raises
    ------
    ConvergenceError
        If a solver fails, or the two sides of an exact value differ by more than 1e-6 of it. It carries the result
        (for ``"lewis"`` that of `lewis_weights`), whose bounds hold all the same.
    ValueError
        If the points are not finite or have no row, or the method is another.

    Notes
    -----
    The sensitivity of row j is the largest share that ``|a_j . x|`` can have in ``||A x||_1`` (M.
    Langberg, L. Schulman, Universal epsilon-approximators for integrals, 2010). Exact ones are often much smaller
    than the Lewis bounds: for n Gaussian rows in r dimensions they add up to about ``1.25 sqrt(r)`` instead of r. The
    Lewis bounds have sampling theorems of their own, though (`relative_sampling_error`). Cost: O(n r^2) a step, and n
    linear programs with r equations and n + 1 unknowns.

    Examples
    --------
    >>> sensitivities([[1, 0], [1, 0], [0, 5]], method="exact").bounds.round(6).tolist()
    [0.5, 0.5, 1.0]
    """
    if method not in get_args(Method):
        raise ValueError(f"method must be one of {', '.join(map(repr, get_args(Method)))}, got {method!r}")
    matrix = as_points(points)
    if method == "lewis":
        lewis = lewis_weights(matrix)
        return _result(
            np.minimum(1.0, lewis.sensitivities),
            np.zeros(len(matrix)),
            lewis.rank,
            method,
            lewis.converged,
            lewis.rounding,
        )
    if method == "exact":
        return _exact(matrix)
    space = l1_space(matrix)
    return _result(peeling(matrix).bounds, np.zeros(len(matrix)), space.rank, method, True, space.rounding)


def _exact(matrix: Floats) -> Sensitivities:
    space, lower, upper = l1_space(matrix), np.zeros(len(matrix)), np.zeros(len(matrix))
    for row, direction in zip(space.rows, space.white, strict=True):
        ratio = l1_ratio(space, direction)
        lower[row], upper[row] = ratio.lower, min(1.0, ratio.upper)
    gap = float(np.max((upper - lower)[space.rows] / upper[space.rows], initial=0.0))
    result = _result(upper, lower, space.rank, "exact", gap <= _AGREE, space.rounding)
    if not result.converged:
        raise ConvergenceError(
            f"the linear programs left a relative gap of {gap:.3g} between the two sides, above {_AGREE:g}; "
            'use method="lewis", or rows of less unequal length',
            gap=gap,
            result=result,
        )
    return result


def _result(
    bounds: Floats, lower: Floats, rank: int, method: Method, converged: bool, rounding: float
) -> Sensitivities:
    return Sensitivities(bounds, np.minimum(lower, bounds), float(bounds.sum()), rank, method, converged, rounding)
