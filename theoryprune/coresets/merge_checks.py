"""Whether a coreset is the merge that it claims to be, and an order the greedy one."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.coresets.arguments import as_pair
from theoryprune.coresets.facility import FacilityOrder
from theoryprune.coresets.record import LayerCoreset
from theoryprune.geometry import Verdict
from theoryprune.geometry.arguments import Floats, Indices
from theoryprune.geometry.verdict import refuted

_TOLERANCE = 1e-9


def is_fold(coreset: LayerCoreset, incoming: ArrayLike, outgoing: ArrayLike) -> Verdict:
    """Check the assignment, multipliers, residuals and outgoing weights of a merge, each from the layer alone.

    Parameters
    ----------
    coreset : LayerCoreset
        By `fold`, `merge` or another construction that folds.
    incoming, outgoing
        The layer, as for `merge`.

    Returns
    -------
    Verdict
        With the largest deviation, relative to the row or to the sum of absolute values behind a weight.

    Raises
    ------
    ValueError
        If the layer is not what `merge` takes.

    Notes
    -----
    Each pruned row is subtracted from its best multiple of each kept row, one kept row after the other; the
    construction compares cosines of all pairs at once. Tolerance 1e-9; the rows must not overflow when squared. Cost
    O(n m d).
    """
    rows, columns = as_pair(incoming, outgoing)
    kept, merging = np.asarray(coreset.kept), coreset.merging
    if merging is None or not _are_kept(kept, len(rows)):
        return refuted("it has no merging, or its kept units are not ascending, distinct and in range")
    gone = np.setdiff1d(np.arange(len(rows)), kept)
    given = (coreset.outgoing, merging.residuals, merging.multipliers, merging.assignment)
    shapes = ((len(columns), len(kept)), (len(gone), rows.shape[1]), (len(rows),), (len(rows),))
    if tuple(np.shape(part) for part in given) != shapes or not all(np.isfinite(part).all() for part in given):
        return refuted("an array has the wrong shape, or an entry that is not finite")
    target, factor = np.asarray(merging.assignment)[gone], np.asarray(merging.multipliers)[gone]
    own = (merging.assignment[kept] == kept).all() and (merging.multipliers[kept] == 1).all()
    if not own or (factor < 0).any() or not np.isin(target, np.append(kept, -1)).all() or factor[target < 0].any():
        return refuted("a unit is assigned to none that is kept, or with a multiplier that cannot be")
    return _fold_deviation(coreset, rows, columns, (gone, target, factor))


def _fold_deviation(
    coreset: LayerCoreset, rows: Floats, columns: Floats, folded: tuple[Indices, Indices, Floats]
) -> Verdict:
    gone, target, factor = folded
    lengths = np.linalg.norm(rows, axis=1)
    units = rows / np.where(lengths > 0, lengths, 1)[:, None]
    least = np.full(len(gone), 1.0)
    for one in coreset.kept:
        share = np.maximum(units[gone] @ units[one], 0)
        least = np.minimum(least, np.linalg.norm(units[gone] - share[:, None] * units[one], axis=1))
    left = rows[gone] - factor[:, None] * rows[target] * (target >= 0)[:, None]
    safe = np.where(lengths[gone] > 0, lengths[gone], 1)
    wrong = [
        np.linalg.norm(left - (coreset.merging.residuals if coreset.merging else 0), axis=1) / safe,
        np.linalg.norm(left, axis=1) / safe - np.where(lengths[gone] > 0, least, 0),
    ]
    expected, size = columns[:, coreset.kept].copy(), np.abs(columns[:, coreset.kept])
    for unit, kept, share in zip(gone, target, factor, strict=True):
        if kept >= 0:
            place = int(np.searchsorted(coreset.kept, kept))
            expected[:, place] += share * columns[:, unit]
            size[:, place] += share * np.abs(columns[:, unit])
    wrong.append((np.abs(expected - coreset.outgoing) / np.where(size > 0, size, 1)).ravel())
    worst = max(float(part.max(initial=0)) for part in wrong)
    if worst > _TOLERANCE:
        return refuted("a residual, the choice of a neighbour or an outgoing weight is not what it should be", worst)
    return Verdict(True, False, worst, "every unit went to its nearest kept ray, with its outgoing weights")


def is_facility_order(found: FacilityOrder, incoming: ArrayLike, outgoing: ArrayLike) -> Verdict:
    """Check that each unit of an order saves as much as any other could, and that the curve is right.

    Parameters
    ----------
    found : FacilityOrder
    incoming, outgoing
        The layer, as for `facility_location`.

    Returns
    -------
    Verdict
        With the largest deviation, relative to ``E(empty)``.

    Raises
    ------
    ValueError
        If the layer is not what `facility_location` takes.

    Notes
    -----
    All gains at every step, from distances by subtraction. Tolerance 1e-9 of ``E(empty)``; the rows must not overflow
    when squared. Cost O(n^2 d + n^2 m).
    """
    rows, columns = as_pair(incoming, outgoing)
    order, curve = np.asarray(found.order), np.asarray(found.curve)
    if order.ndim != 1 or not _are_kept(np.sort(order), len(rows)) or curve.shape != (len(order) + 1,):
        return refuted("the order is not one of distinct units, or the curve has another length")
    if not np.isfinite(curve).all():
        return refuted("the curve has an entry that is not finite")
    lengths = np.linalg.norm(rows, axis=1)
    units = rows / np.where(lengths > 0, lengths, 1)[:, None]
    mass = np.linalg.norm(columns, axis=0) * lengths
    costs = np.empty((len(rows), len(rows)))
    for one, unit in enumerate(units):
        share = np.maximum(units @ unit, 0)
        costs[one] = mass * np.linalg.norm(units - share[:, None] * unit, axis=1)
    current, worst, size = mass.copy(), abs(float(curve[0]) - float(mass.sum())), float(mass.sum()) or 1.0
    for step, unit in enumerate(order):
        gains = np.maximum(current - costs, 0).sum(axis=1)
        current = np.minimum(current, costs[unit])
        shortfall = float(gains.max() - gains[unit])
        worst = max(worst, shortfall, abs(float(curve[step + 1]) - float(current.sum())))
    if not worst <= _TOLERANCE * size:
        return refuted("some unit would have saved more, or the curve is not that of the order", worst / size)
    return Verdict(True, False, worst / size, "each unit saves the most that one more can")


def _are_kept(kept: Indices, units: int) -> bool:
    integers = kept.ndim == 1 and kept.dtype.kind in "iu" and len(kept) > 0
    return bool(integers and kept[0] >= 0 and kept[-1] < units and (np.diff(kept) > 0).all())
