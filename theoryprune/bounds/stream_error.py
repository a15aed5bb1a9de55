"""What one reader of a merged residual stream sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.bounds.arguments import as_reals
from theoryprune.bounds.joined import times_up
from theoryprune.bounds.norms import spectral_norm_up
from theoryprune.bounds.rounding import UNIT, Floats, norm_up, product_up, row_norms_up, sum_up, up
from theoryprune.bounds.stream_merge import checked_merge, residual_rows

_TINY = 2.0**-1000  # above all that products below the range of float64 can add up to


def stream_error(
    V: ArrayLike,
    rows: Sequence[ArrayLike],
    kept: ArrayLike,
    assignment: ArrayLike,
    multipliers: ArrayLike,
    norms: Sequence[float],
) -> float:
    """Bound the error that one reader of a dense stream sees, all else unpruned.

    Parameters
    ----------
    V : array_like, shape (p, n)
        What the reader makes of the stream.
    rows : sequence of array_like, shapes (n, d_t)
        The producers' weights up to the time of reading; a bias as a last column, with 1 as last entry of x_t.
    kept, assignment, multipliers : array_like
        The merge of the stream; the reader gets ``U_c = v_c + sum a_j v_j``.
    norms : sequence of float
        Bounds of ``||x_t||``, what the producers read in the unpruned network (bias entries included).

    Returns
    -------
    float
        Rounded up.

    Raises
    ------
    ValueError
        For shapes that do not fit, negative norms or a merge that is none.

    Notes
    -----
    For ``z_{t+1} = relu(z_t + W_t x_t)``, z_0 = 0, the ReLU being 1-Lipschitz and homogeneous, ``|z_{t+1,j} - a_j
    z_{t+1,c}| <= |z_{t,j} - a_j z_{t,c}| + |r_j^t . x_t|``: residuals add along the stream. Hence the error ``V_P
    (z_j - a_j z_c)_j`` is at most ``sum_j ||v_j|| sum_t ||r_j^t|| ||x_t||``, and for any positive diagonal D at most
    ``||V_P D^{-1}|| sum_t ||D R_t|| ||x_t||``; the less of the two is returned. The x_t differ, so this is no gain.
    """
    target, factors, units = checked_merge(assignment, multipliers, kept)
    outgoing = as_reals(V, "V", (None, len(factors)))[:, units]
    if len(rows) != len(norms) or not all(norm >= 0 for norm in norms):
        raise ValueError(f"norms must be one non-negative number for each of the {len(rows)} producers, got {norms}")
    lengths: list[Floats] = []
    residuals: list[tuple[Floats, Floats]] = []
    for i, producer in enumerate(rows):
        residual, error = residual_rows(as_reals(producer, f"rows[{i}]", (len(factors), None)), target, factors)
        residuals.append((residual[units], error[units]))
        lengths.append(row_norms_up(residual[units]) + row_norms_up(error[units]))
    columns, reach = row_norms_up(outgoing.T), np.zeros(len(units))
    with np.errstate(invalid="ignore"):  # 0 times infinity, which counts as 0
        for length, norm in zip(lengths, norms, strict=True):
            reach += product_up(length, np.full(len(length), norm))
    reach *= 1 + 8 * len(rows) * UNIT
    triangle = up(sum_up(product_up(columns, reach)), terms=2)
    used = (columns > 0) & (reach > 0)
    if not used.any() or not np.isfinite(triangle):
        return triangle
    steps = np.round((np.log2(columns[used]) - np.log2(reach[used])) / 2)
    balance = 2.0 ** np.clip(steps, -300, 300)  # powers of two: scaling is exact
    left = up(spectral_norm_up(outgoing[:, used] / balance) + _TINY)
    right = [
        up(spectral_norm_up(balance[:, None] * r[used]) + norm_up(balance[:, None] * e[used]) + _TINY, terms=4)
        for r, e in residuals
    ]
    product = sum_up(np.array([times_up(times_up(left, gain), norm) for gain, norm in zip(right, norms, strict=True)]))
    lost = sum_up(product_up(columns[~used], reach[~used]))
    return min(triangle, up(product + lost, terms=2))
