"""Which units to keep: greedy facility location, where units are served by the ray of a kept one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theoryprune.coresets.arguments import as_budget, as_pair
from theoryprune.coresets.rays import masses, rays_of, sines
from theoryprune.geometry.arguments import Floats, Indices

_IN_MEMORY = 16384
"""Units up to which all distances are kept, 2 GiB; beyond, rows of them are computed when they are asked for."""
_BATCH = 16
"""Candidates whose gains are brought up to date together."""


@dataclass(frozen=True, eq=False)
class FacilityOrder:
    """Units in an order of which each beginning is a choice of that size.

    Parameters
    ----------
    order : ndarray of int64, shape (m,)
        Distinct units. Those with a zero row come last.
    curve : ndarray, shape (m + 1,)
        E of the first 0, 1, ..., m of them: never growing, and 0 if all are taken.
    """

    order: Indices
    curve: Floats


def facility_location(
    incoming: ArrayLike, outgoing: ArrayLike, count: int | None = None, *, copies: bool = False
) -> FacilityOrder:
    """Choose units whose rays are close to the rows of all units, by weight.

    Parameters
    ----------
    incoming : array_like, shape (n, d)
        W, one unit in each row, with the bias as a column.
    outgoing : array_like, shape (p, n)
        V, one unit in each column.
    count : int, optional
        How many; all by default.
    copies : bool
        Distances to rows instead of rays: what `fold` with copies only makes of a choice.

    Returns
    -------
    FacilityOrder

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, or products of the two matrices are beyond float64.

    Notes
    -----
    ``E(C) = sum_j |v_j| min(|w_j|, min_{i in C} dist(w_j, ray of w_i))`` is an upper bound on the gain of the error
    that `merge` makes with C. The saving ``E(empty) - E(C)`` is monotone and submodular, so taking always the unit
    that saves most (at ties the lowest index) saves at least ``1 - 1/e`` of what any C of that size can, for every
    size at once (G. Nemhauser, L. Wolsey, M. Fisher, An analysis of approximations for maximizing submodular set
    functions, 1978). It concerns the saving, not E itself.

    Gains never grow, so earlier ones are upper bounds and few have to be computed again (M. Minoux, Accelerated greedy
    algorithms for maximizing submodular set functions, 1978). Rounding is monotone too: the order is that of the plain
    algorithm, to the last digit. Cost O(n^2 d) and, for each step, O(n) for each gain brought up to date; memory for
    n^2 numbers up to n = 16384, and for 128 n beyond, where each gain costs O(n d).

    See Also
    --------
    is_facility_order : The checker.

    Examples
    --------
    >>> found = facility_location([[1, 0], [2, 0], [0, 1]], [[1, 1, 1]])
    >>> found.order.tolist(), found.curve.tolist()
    ([0, 2, 1], [4.0, 1.0, 0.0, 0.0])
    """
    rows, columns = as_pair(incoming, outgoing)
    size = len(rows) if count is None else min(as_budget(count), len(rows))
    mass, scale = masses(rows, columns)
    costs = _copy_costs(rows, columns) if copies else _costs(rays_of(rows).units, mass)
    order, curve = _lazy_greedy(costs, mass, size, np.abs(rows).max(axis=1) > 0)
    return FacilityOrder(order, scale * curve)


def _costs(units: Floats, mass: Floats) -> Callable[[Indices], Floats]:
    """Return the function that gives, for some candidates, what each unit costs if that one serves it."""

    def compute(candidates: Indices) -> Floats:
        block = sines(units[candidates], units)
        block[np.arange(len(candidates)), candidates] = 0
        block *= mass
        return block

    if len(units) > _IN_MEMORY:
        return compute
    table = compute(np.arange(len(units)))
    return lambda candidates: table[candidates]


def _copy_costs(rows: Floats, columns: Floats) -> Callable[[Indices], Floats]:
    """The same where a unit is served by a copy of another, or dropped."""
    inner, outer = rays_of(rows).lengths, rays_of(columns.T).lengths
    scaled, shares = rows / (inner.max() or 1.0), outer / (outer.max() or 1.0)
    squares = np.einsum("ij,ij->i", scaled, scaled)

    def compute(candidates: Indices) -> Floats:
        gaps = squares[candidates, None] + squares - 2 * (scaled[candidates] @ scaled.T)
        near = np.nonzero(gaps < 1e-8 * squares)
        gaps[near] = np.square(scaled[candidates[near[0]]] - scaled[near[1]]).sum(axis=1)
        return np.asarray(np.sqrt(np.clip(gaps, 0, squares)) * shares)

    return compute


def _lazy_greedy(
    costs: Callable[[Indices], Floats], mass: Floats, size: int, live: NDArray[np.bool_]
) -> tuple[Indices, Floats]:
    current, curve, order = mass.copy(), [float(mass.sum())], np.empty(size, np.int64)
    blocks = np.array_split(np.arange(len(mass)), -(-len(mass) // 128))
    bounds = np.concatenate([_gains(costs(block), current) for block in blocks])
    bounds[~live] = -1  # a zero row serves nobody: after all others, in the order of the indices
    updated = np.where(live, 0, size)
    for step in range(size):
        while updated[best := int(bounds.argmax())] < step:
            stale = _highest(bounds, best)
            stale = stale[updated[stale] < step]
            bounds[stale] = _gains(costs(stale), current)
            updated[stale] = step
        order[step] = best
        np.minimum(current, costs(order[step : step + 1])[0], out=current)
        bounds[best], updated[best] = -2, size
        curve.append(float(current.sum()))
    return order, np.array(curve)


def _gains(costs: Floats, current: Floats) -> Floats:
    np.subtract(current, costs, out=costs)
    np.maximum(costs, 0, out=costs)
    return np.asarray(costs.sum(axis=1))


def _highest(bounds: Floats, best: int) -> Indices:
    if len(bounds) <= _BATCH:
        return np.arange(len(bounds))
    return np.union1d(np.argpartition(bounds, -_BATCH)[-_BATCH:], best)
