"""When an error relative to the output itself can be promised, and when no subset can keep it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.coresets.arguments import as_pair, as_slope
from theoryprune.coresets.isolation import isolated_units
from theoryprune.coresets.rays import rays_of
from theoryprune.geometry import kappa, relative_factor
from theoryprune.geometry.arguments import Floats, Indices


@dataclass(frozen=True, eq=False)
class RelativeGuarantee:
    """What a subset of units can keep, relative to the output at each input.

    Parameters
    ----------
    kappas : ndarray, shape (p,)
        For each output kappa of its rows ``v_oj w_j``; NaN where its weights have both signs: there nothing relative
        holds for their difference.
    factors : ndarray, shape (p,)
        F: a subset that keeps ``sum_j |v_oj w_j . x|`` up to a factor ``1 +- eps`` and ``sum_j v_oj w_j`` exactly has
        ``|f'(x) - f(x)| <= F eps |f(x)|`` for all x. Infinite where nothing is promised.
    required : ndarray of int64
        Units that every subset with a relative error below 1 must hold.
    impossible : bool
        Whether these are all units that have any effect: no proper subset has a relative error below 1.
    """

    kappas: Floats
    factors: Floats
    required: Indices
    impossible: bool

    @property
    def statement(self) -> str:
        """One sentence."""
        if self.impossible:
            return "relative: impossible, every unit is the only active one at some input"
        count = int(np.isfinite(self.factors).sum())
        return (
            f"relative: {count} of {len(self.factors)} outputs have a finite factor; every subset with a relative "
            f"error below 1 holds {len(self.required)} units that are alone at some input"
        )


def relative_guarantee(incoming: ArrayLike, outgoing: ArrayLike, *, slope: float = 0.0) -> RelativeGuarantee:
    """Compute kappa of each output, and the units that no subset can do without.

    Parameters
    ----------
    incoming : array_like, shape (n, d)
        W, one unit in each row, with the bias as a column.
    outgoing : array_like, shape (p, n)
        V, one unit in each column.
    slope : float
        Of the leaky rectifier, in [0, 1].

    Returns
    -------
    RelativeGuarantee

    Raises
    ------
    ValueError
        If an argument is not of this kind.
    ConvergenceError
        As for `theoryprune.geometry.kappa` and `isolated_units`.

    Notes
    -----
    For one output with ``v >= 0`` (or ``v <= 0``) the sum is ``f = ((1 + alpha) l + (1 - alpha) N) / 2``, and ``|l| <=
    kappa N``: the factor is that of `theoryprune.geometry.relative_factor`, ``1 / (1 - kappa)`` for ReLU. It is finite
    for ReLU exactly if 0 is in the relative interior of the hull of the rows. The linear part is kept exactly by two
    units more, ``(l - l')(x) = relu(z) - relu(-z)``. For the units that are required see `isolated_units`. Cost: p
    linear programs, and n nonnegative least-squares problems.

    Examples
    --------
    >>> relative_guarantee([[1, 0], [0, 1]], [[1, 1]]).statement
    'relative: impossible, every unit is the only active one at some input'
    """
    rows, columns = as_pair(incoming, outgoing)
    alpha, rays = as_slope(slope), rays_of(rows)
    lengths = rays.lengths / (rays.lengths.max() or 1.0)
    weights = columns / (np.abs(columns).max() or 1.0)
    kappas = np.array([_kappa(rays.units, lengths * output) for output in weights])
    factors = np.array([np.inf if np.isnan(k) else relative_factor(1.0, float(k), slope=alpha) for k in kappas])
    live = np.flatnonzero(rows.any(axis=1) & columns.any(axis=0))
    alone = np.zeros(len(rows), dtype=bool)
    if len(live):
        alone[live] = isolated_units(rows[live], slope=alpha).isolated
    return RelativeGuarantee(kappas, factors, np.flatnonzero(alone), bool(len(live) and alone[live].all()))


def _kappa(units: Floats, shares: Floats) -> float:
    if shares.min() < 0 < shares.max():
        return float("nan")
    if not shares.any():
        return 0.0
    return kappa(units * np.abs(shares)[:, None]).upper
