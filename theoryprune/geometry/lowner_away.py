"""Frank-Wolfe steps and away steps for the D-optimal design, one point at a time."""

from __future__ import annotations

import numpy as np

from theoryprune.geometry.arguments import Floats
from theoryprune.geometry.design import Evaluation, evaluate

LIMIT = 100_000
_REFRESH = 2000


def away_steps(rows: Floats, eps: float, start: Evaluation, limit: int) -> tuple[Evaluation, int]:
    """Maximise log det A(u) over designs u until ``max leverage <= (1 + eps) r`` over all rows.

    Parameters
    ----------
    rows : ndarray, shape (n, r)
        Well scaled and of rank ``r >= 2``: `RowSpace.white`.
    eps : float
        Target for the excess.
    start : Evaluation
        Of a design with a regular matrix, best of about r points.
    limit : int
        Of steps.

    Returns
    -------
    Evaluation, int
        The last design, whose excess is above `eps` if `limit` was reached or rounding stopped the ascent; the steps.

    Notes
    -----
    Each step moves the design to or away from one point: the one of largest leverage, or the one of least leverage
    among those with weight, whichever is further from r; by the length that maximises log det (Todd and Yildirim 2007,
    after Khachiyan, Wolfe and Atwood; Ahipasaoglu, Sun and Todd 2008 for linear convergence). The inverse and the
    leverages follow by a rank-one update, O(n r), and are computed anew every 2000 steps and at the end.
    """
    now, steps = start, 0
    while now.excess > eps and steps < limit:
        weights, taken = _sweep(rows, now, eps, min(_REFRESH, limit - steps))
        after = evaluate(rows, weights / weights.sum())
        steps += taken
        if after is None or (after.log_det <= now.log_det and after.excess >= now.excess):
            break
        now = after
    return now, steps


def _sweep(rows: Floats, now: Evaluation, eps: float, limit: int) -> tuple[Floats, int]:
    """Take steps until the updated leverages meet `eps`."""
    r = rows.shape[1]
    inverse, w, u = now.whitener.T @ now.whitener, now.leverages.copy(), now.weights.copy()
    for taken in range(limit):
        top = int(w.argmax())
        if w[top] <= (1 + eps) * r:
            return u, taken
        held = np.flatnonzero(u)
        low = int(held[w[held].argmin()])
        j = top if w[top] - r > r - w[low] or u[low] >= 1 else low
        step = _length(float(w[j]), float(u[j]), r)
        image = inverse @ rows[j]
        update = step / (1 - step + step * w[j])
        inverse = (inverse - (update * image)[:, None] * image) / (1 - step)
        w = (w - update * (rows @ image) ** 2) / (1 - step)
        u *= 1 - step
        u[j] = max(0.0, u[j] + step)
        if u[j] < 1e-15:
            u[j] = 0.0
    return u, limit


def _length(leverage: float, weight: float, r: int) -> float:
    """The step to a point (from it, if negative) that maximises log det, with no weight left below 0."""
    if leverage <= 1 + 1e-12:
        return -weight / (1 - weight)
    return max((leverage / r - 1) / (leverage - 1), -weight / (1 - weight))
