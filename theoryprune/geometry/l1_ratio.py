"""How large a linear function can be beside the l1 norm of all products: one linear program, certified from outside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from theoryprune.geometry.arguments import Floats
from theoryprune.geometry.l1_space import L1Space

_TOLERANCE = 1e-10  # the least that HiGHS takes


@dataclass(frozen=True, eq=False)
class L1Ratio:
    """Two bounds on ``sup_y |c . y| / sum_k |z_k . y|``, and what proves each.

    Parameters
    ----------
    lower, upper : float
        Of the supremum; equal up to rounding when the solver has done its work.
    multipliers : ndarray, shape (k,)
        s with ``sum_k s_k z_k = c`` up to rounding, and ``max |s_k| <= upper``.
    witness : ndarray, shape (r,)
        A direction y that attains `lower`; of length 1, or 0 for ``c = 0``.
    """

    lower: float
    upper: float
    multipliers: Floats
    witness: Floats


def l1_ratio(space: L1Space, direction: Floats) -> L1Ratio:
    """Bound ``|c . y| / sum_k |z_k . y|`` over all y from both sides.

    Parameters
    ----------
    space : L1Space
        Holds the rows z_k as ``space.white``.
    direction : ndarray, shape (r,)
        c, in the same coordinates.

    Returns
    -------
    L1Ratio
        Correct also if the solver fails; only the two bounds then lie apart.

    Notes
    -----
    By linear programming duality the supremum is ``min max_k |s_k|`` over ``sum_k s_k z_k = c``. With c
    of length 1 this is ``1 / mu`` for the largest mu with ``mu c = sum_k t_k z_k`` and ``|t_k| <= 1``: r equations in
    k bounded unknowns. The unknowns are ``t_k ||z_k||``, since the solver takes coefficients below 1e-9 for zero.

    Neither bound trusts the solver. Below: any y is a witness. Above: for t clipped to the box and ``e = mu c - sum
    t_k z_k``, ``mu |c . y| <= sum_k |z_k . y| + ||e|| ||y||``, and ``||y|| <= sum_k |z_k . y|`` in these coordinates;
    so the ratio is at most ``(1 + ||e||) / mu``. Cost: one linear program.
    """
    white, lengths, largest = space.white, space.lengths, float(np.abs(direction).max(initial=0.0))
    if largest == 0:
        return L1Ratio(0.0, 0.0, np.zeros(len(white)), np.zeros(space.rank))
    c = direction / largest  # first, since the square of 1e-200 is 0
    size = float(np.linalg.norm(c)) * largest
    c /= np.linalg.norm(c)
    cost = np.append(np.zeros(len(white)), -1.0)
    bounds = np.column_stack([np.append(-lengths, 0.0), np.append(lengths, np.inf)])
    found = linprog(
        cost,
        A_eq=np.column_stack([space.units.T, -c]),
        b_eq=np.zeros(space.rank),
        bounds=bounds,
        method="highs-ds",
        options={"primal_feasibility_tolerance": _TOLERANCE, "dual_feasibility_tolerance": _TOLERANCE},
    )
    if found.status == 0 and found.x[-1] > 0:
        mu, t, y = float(found.x[-1]), np.clip(found.x[:-1] / lengths, -1.0, 1.0), found.eqlin.marginals
    else:  # least squares: feasible, though not the best
        t, y = white @ c, c
        mu = 1.0 / float(np.abs(t).max())
        t *= mu
    residual = float(np.linalg.norm(mu * c - white.T @ t))
    length = float(np.linalg.norm(y))
    y = y / length if length > 0 else c
    lower = size * abs(float(c @ y)) / float(np.abs(white @ y).sum())
    return L1Ratio(lower, size * (1 + residual) / mu, t * (size / mu), y)
