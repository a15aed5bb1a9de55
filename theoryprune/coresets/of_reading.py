"""What a group's coreset is for the consumers of one reading."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from theoryprune.coresets.arguments import Layer
from theoryprune.coresets.fold import folded
from theoryprune.coresets.hidden_layer import HiddenLayer
from theoryprune.coresets.input_law import features_of, mean_square_error
from theoryprune.coresets.join import joined
from theoryprune.coresets.kernel_fit import refitted
from theoryprune.coresets.preactivation import Preactivation
from theoryprune.coresets.record import LayerCoreset
from theoryprune.geometry.arguments import Floats


def of_reading(
    layer: HiddenLayer,
    share: LayerCoreset,
    rows: Floats,
    columns: Floats,
    slope: float,
    law: Preactivation | None,
) -> LayerCoreset:
    """Return the coreset of one reading, of the units that were chosen for all of them.

    Parameters
    ----------
    layer : HiddenLayer
    share : LayerCoreset
        What the method made of all readings together, with the outgoing weights of this one.
    rows, columns : ndarray
        Of this reading.
    slope : float
    law : Preactivation or None
        What the method saw of this reading; None if its rows.
    """
    if share.is_identity:
        return replace(share, outgoing=columns.copy())
    if layer.law == "copies":  # certificates need a fold that the activation commutes with, whatever the weights are
        copied = _refolded(layer, share, rows, columns)
        folds = share.merging is not None and share.fit is None
        return replace(share, merging=copied.merging, outgoing=copied.outgoing if folds else share.outgoing)
    if share.merging is None:
        return share
    if layer.law == "none":
        return replace(share, outgoing=columns[:, share.kept], merging=None, fit=None)
    if len(layer.readings) > 1:
        seen = rows if law is None else law.rows
        if share.fit is None:
            share = _refolded(layer, share, seen, columns)
        else:
            share = _refitted(layer, share, seen, columns, slope, law)
    if law is None:
        return share
    if share.fit is not None:  # a certificate may refer to any fold: best to that of the rows as they are
        return replace(share, merging=_refolded(layer, share, rows, columns).merging)
    return _restated(share, rows)


def _restated(share: LayerCoreset, rows: Floats) -> LayerCoreset:
    """Return the coreset with what its multipliers leave of these rows."""
    if share.merging is None:
        return share
    gone, merging = share.pruned, share.merging
    stand = np.maximum(merging.assignment[gone], 0)
    residuals = rows[gone] - merging.multipliers[gone, None] * rows[stand]
    return replace(share, merging=replace(merging, residuals=residuals))


def _refolded(layer: HiddenLayer, share: LayerCoreset, rows: Floats, columns: Floats) -> LayerCoreset:
    found, members = [], []
    for block in range(int(layer.blocks.max()) + 1):
        own = np.flatnonzero(layer.blocks == block)
        kept = np.flatnonzero(np.isin(own, share.kept))
        found.append(folded(rows[own], columns[:, own], kept, share.method, copies=layer.law == "copies"))
        members.append(own)
    return replace(joined(found, members, share.units), deterministic=share.deterministic)


def _refitted(
    layer: HiddenLayer, share: LayerCoreset, rows: Floats, columns: Floats, slope: float, law: Preactivation | None
) -> LayerCoreset:
    found, members = [], []
    known = () if law is None else (law.moments["mean"], law.moments["covariance"])
    blend, intercept = (share.fit.blend, share.fit.intercept) if share.fit is not None else (1.0, False)
    for block in range(int(layer.blocks.max()) + 1):
        own = np.flatnonzero(layer.blocks == block)
        kept = np.flatnonzero(np.isin(own, share.kept))
        part = Layer(rows[own], columns[:, own], len(kept), slope)
        features = features_of(part.incoming, part.outgoing, slope, *known, intercept=intercept)
        whole = mean_square_error(features, kept, np.zeros((len(columns), len(kept))))
        found.append(refitted(part, kept, features, blend, whole))
        members.append(own)
    return joined(found, members, share.units)
