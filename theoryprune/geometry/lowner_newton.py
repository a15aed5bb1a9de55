"""Newton steps for the D-optimal design: a quadratic model over the points that matter, solved on its faces."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import eigvalsh
from scipy.optimize import brentq

from theoryprune.geometry.arguments import Floats, Indices
from theoryprune.geometry.design import Evaluation, apply, evaluate
from theoryprune.geometry.quadratic import climb

LIMIT = 200
_SINGLE = 512
"""Points from which on the Hessian is formed in single precision."""
_DENSE = 8192
"""Points up to which it is formed at all: 256 MB."""


def newton(rows: Floats, eps: float, start: Evaluation, limit: int) -> tuple[Evaluation, int]:
    """Maximise log det A(u) over designs u until ``max leverage <= (1 + eps) r`` over all rows.

    Parameters
    ----------
    rows : ndarray, shape (n, r)
        Well scaled and of rank r: `RowSpace.white`.
    eps : float
        Target for the excess.
    start : Evaluation
        Of a design with a regular matrix.
    limit : int
        Of steps.

    Returns
    -------
    Evaluation, int
        The last design, whose excess is above `eps` if `limit` was reached or rounding stopped the ascent; the steps.

    Notes
    -----
    ``phi(u) = log det A(u) - r sum(u)`` over ``u >= 0`` has the same maximum, of mass 1, and no equation. Its gradient
    is ``w_i - r`` with the leverages w, its Hessian ``-(p_i^T A^{-1} p_j)^2``. Each step maximises that quadratic model
    over the working set: points with weight, and points with ``w_i > r``, which alone can gain; all others stay at 0,
    and below the threshold of Harman and Pronzato (2007, theorem 1) a point loses its weight. In the scaled unknowns
    ``v_i = w_i (new u_i - u_i)`` the Hessian is a matrix of squared cosines with unit diagonal. It is formed where
    that is cheaper than working with r x r matrices, in single precision if it is large: it steers the steps and
    never enters the certificate.

    A step is taken whole if log det grows; otherwise its best fraction comes from the eigenvalues of
    ``A^{-1/2} A(step) A^{-1/2}``, and the direction leads up because its model value is positive. Far from the
    optimum a step roughly halves the excess, near it squares it: 2 to 5 steps to 1e-2 from the default start.

    Cost: of a step O(n r^2) for the leverages and O(m^2 r) for m points in the working set, memory O(m^2) with
    m <= 8192; beyond, O(m r^2) for each of the inner products and memory O(m r).
    """
    now, steps = start, 0
    while now.excess > eps and steps < limit:
        after = _step(rows, now, eps)
        steps += 1
        if after is None:
            break
        now = after
    return now, steps


def _step(rows: Floats, now: Evaluation, eps: float) -> Evaluation | None:
    r = rows.shape[1]
    working = _working_set(now, r)
    leverage = now.leverages[working]
    held = now.weights[working]
    unit = apply(now.whitener, rows[working]) / np.sqrt(leverage)[:, None]
    tolerance = max(0.1 * min(now.excess, 1.0), 0.3 * eps) * r
    moved = climb(
        _squared_cosines(unit),
        1 - r / leverage,
        -held * leverage,
        lambda left: bool((leverage * left).max() <= tolerance),
        limit=300,
    )
    weights = np.zeros(len(rows))
    weights[working] = np.maximum(held + moved / leverage, 0.0)
    whole = evaluate(rows, weights / weights.sum())
    if whole is not None and whole.log_det > now.log_det:
        return whole
    part = evaluate(rows, _best_fraction(rows, now, weights))
    # Near the optimum log det no longer tells two designs apart, but their certificates do.
    tried = [e for e in (whole, part) if e is not None and (e.log_det > now.log_det or e.excess < now.excess)]
    return min(tried, key=lambda e: e.excess, default=None)


def _working_set(now: Evaluation, r: int) -> Indices:
    """Rows that carry weight and may go on doing so, and rows that gain by more of it."""
    g, w = now.excess, now.leverages
    bound = 1 + g / 2 - np.sqrt(g * (4 + g - 4 / r)) / 2  # positive: below it, no optimal design has weight
    return np.flatnonzero(((now.weights > 0) & (w >= r * bound)) | (w > r))


def _squared_cosines(unit: Floats) -> Callable[[Floats], Floats]:
    """The product with ``(unit @ unit.T) ** 2``, whichever way is cheaper."""
    m, r = unit.shape
    if m > min(_DENSE, 2 * r * r):
        return lambda v: np.einsum("ij,ij->i", unit @ (unit.T @ (v[:, None] * unit)), unit)
    rows = unit.astype(np.float32) if m > _SINGLE else unit
    square = rows @ rows.T
    np.square(square, out=square)
    return lambda v: (square @ v.astype(square.dtype, copy=False)).astype(np.float64, copy=False)


def _best_fraction(rows: Floats, now: Evaluation, weights: Floats) -> Floats:
    """Of the way from the design to `weights`, as far as phi grows; normalised."""
    change = weights - now.weights
    image = apply(now.whitener, rows[change != 0])
    gains = eigvalsh(image.T @ (change[change != 0, None] * image), check_finite=False)
    mass = rows.shape[1] * float(change.sum())

    def slope(t: float) -> float:
        return float((gains / (1 + t * gains)).sum() - mass)

    longest = min(1.0, 0.999 / max(-float(gains.min()), 1e-300))  # beyond 1/|gain| the matrix is indefinite
    t = longest if slope(longest) >= 0 else float(brentq(slope, 0.0, longest)) if slope(0.0) > 0 else 0.0
    part: Floats = np.maximum(now.weights + t * change, 0.0)
    part /= part.sum()
    return part
