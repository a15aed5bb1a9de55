"""Give the outgoing weights of each pruned unit to the kept one whose ray is nearest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from theoryprune.coresets.arguments import Layer, as_kept, as_pair
from theoryprune.coresets.rays import Rays, rays_of, sines
from theoryprune.coresets.record import LayerCoreset, Merging, identity
from theoryprune.geometry.arguments import Floats, Indices

_NUMBERS = 2**22


def fold(incoming: ArrayLike, outgoing: ArrayLike, kept: ArrayLike, *, copies: bool = False) -> LayerCoreset:
    """Merge every pruned unit into the kept unit whose nonnegative multiples come closest to it.

    Parameters
    ----------
    incoming : array_like, shape (n, d)
        W, one unit in each row, with the bias as a column.
    outgoing : array_like, shape (p, n)
        V, one unit in each column.
    kept : array_like of int, shape (m,)
        C, distinct units in any order.
    copies : bool
        Only 0 and 1 count as multiples: for activations such as ReLU6 that commute with no other factor.

    Returns
    -------
    LayerCoreset
        With its `Merging`.

    Raises
    ------
    ValueError
        If an argument is not of this kind, or a multiplier or a new weight is beyond float64.

    Notes
    -----
    For a pruned j and a kept i the best multiplier is ``a_ji = max(0, w_j . w_i / |w_i|^2)``. j goes to the i with the
    least ``|w_j - a_ji w_i|``, at ties the one with the lowest index, and ``u_i = v_i + sum_j a_j v_j``. Where no
    kept row has a positive product with ``w_j``, the unit is dropped and nothing is folded.

    Leaky rectifiers commute with nonnegative factors, so ``V phi(W x) - U phi(W_C x)`` is the sum of ``v_j
    (phi(w_j . x) - phi(a_j w_c(j) . x))``, and its norm is at most ``sum_j |v_j| |w_j - a_j w_c(j)| |x|`` for every
    slope in [0, 1]. Rows that are positive multiples of a kept one merge without error, up to the rounding of the
    residual, which is computed by subtraction. A combination of several neighbours would not commute: see `conic_gap`.
    With ``copies`` j goes to the nearest kept row, or is dropped if 0 is no farther; then the bound holds for every
    activation with slopes in [0, 1] and value 0 at 0.

    Cost O(n m d + n p); memory for the residuals.

    See Also
    --------
    is_fold : The checker.

    Examples
    --------
    >>> result = fold([[1, 0], [0, 1], [3, 0], [-1, 0]], [[1, 1, 1, 1]], [0, 1])
    >>> result.outgoing.tolist(), result.merging.assignment.tolist(), result.merging.multipliers.tolist()
    ([[4.0, 1.0]], [0, 1, 0, -1], [1.0, 1.0, 3.0, 0.0])
    """
    rows, columns = as_pair(incoming, outgoing)
    return folded(rows, columns, as_kept(kept, len(rows)), "fold", copies=copies)


def merged(layer: Layer, kept: Indices, method: str, *, copies: bool = False, drawn: bool = False) -> LayerCoreset:
    """Return these units with the others folded into them; the identity if they are all."""
    if layer.budget == layer.units:
        return identity(layer, method)
    found = folded(layer.incoming, layer.outgoing, kept, method, copies=copies)
    return replace(found, deterministic=not drawn)


def folded(rows: Floats, columns: Floats, kept: Indices, method: str, *, copies: bool = False) -> LayerCoreset:
    """`fold` of checked arguments, under the name of the method that chose."""
    gone = np.setdiff1d(np.arange(len(rows)), kept, assume_unique=True)
    rays = rays_of(rows)
    places, found = _nearest_copies(rows, gone, kept) if copies else _nearest(rays, gone, kept)
    served = found > 0
    residuals = rows[gone]
    residuals[served] -= found[served, None] * rows[kept[places[served]]]
    assignment, multipliers = np.arange(len(rows)), np.ones(len(rows))
    assignment[gone], multipliers[gone] = np.where(served, kept[places], -1), found
    weights = columns[:, kept]
    if served.any():
        given = csr_array((found[served], (places[served], gone[served])), shape=(len(kept), len(rows)))
        with np.errstate(over="ignore", invalid="ignore"):
            weights = weights + (given @ columns.T).T
    _require_finite(found, "a multiplier")
    _require_finite(weights, "a new outgoing weight")
    merging = Merging(assignment, multipliers, residuals)
    return LayerCoreset(method, kept, np.ascontiguousarray(weights), len(rows), True, merging)


def _nearest(rays: Rays, gone: Indices, kept: Indices) -> tuple[Indices, Floats]:
    """For each pruned unit the place of its kept one, and the multiplier; 0 where it is dropped."""
    places, multipliers = np.zeros(len(gone), np.int64), np.zeros(len(gone))
    step = max(1, _NUMBERS // len(kept))
    for first in range(0, len(gone), step):
        part = slice(first, first + step)
        distances = sines(rays.units[gone[part]], rays.units[kept])
        places[part] = distances.argmin(axis=1)
    own, other = rays.scaled[gone], rays.scaled[kept[places]]
    squares = np.einsum("ij,ij->i", other, other)
    ratios = np.maximum(np.einsum("ij,ij->i", own, other), 0) / np.where(squares > 0, squares, 1)
    with np.errstate(over="ignore"):
        multipliers[:] = np.ldexp(ratios, rays.exponents[gone] - rays.exponents[kept[places]])
    return places, multipliers


def _nearest_copies(rows: Floats, gone: Indices, kept: Indices) -> tuple[Indices, Floats]:
    """For each pruned unit the place of the kept one with the nearest row, and 1; 0 where the origin is as near."""
    scale = 2.0 ** -np.frexp(np.abs(rows).max(initial=0))[1]
    own, other = scale * rows[gone], scale * rows[kept]
    squares = np.einsum("ij,ij->i", other, other) - 2 * (own @ other.T)
    places = squares.argmin(axis=1)
    gaps = own - other[places]
    nearer = np.einsum("ij,ij->i", gaps, gaps) < np.einsum("ij,ij->i", own, own)
    return places, nearer.astype(np.float64)


def _require_finite(values: Floats, what: str) -> None:
    if not np.isfinite(values).all():
        raise ValueError(
            f"{what} is beyond float64; rescale the units: (w_j, v_j) -> (t_j w_j, v_j / t_j) with t_j > 0 leaves the "
            "layer as it is"
        )
