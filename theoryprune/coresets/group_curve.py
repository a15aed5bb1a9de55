"""How wrong a channel group is with each number of channels: what budgets are divided by."""

from __future__ import annotations

import numpy as np

from theoryprune.coresets.facility import FacilityOrder, facility_location
from theoryprune.coresets.hidden_layer import HiddenLayer
from theoryprune.coresets.rays import masses
from theoryprune.geometry.arguments import Floats


def group_curve(layer: HiddenLayer) -> FacilityOrder:
    """Return the order in which units are kept, and the error with the first 0, 1, ..., n of them.

    Parameters
    ----------
    layer : HiddenLayer

    Returns
    -------
    FacilityOrder
        That of `facility_location`, by copies where only copies merge. Where nothing merges, by falling ``|v_j|
        |w_j|``, and the error is the sum of those dropped. Blocks lose units in turn, and between full turns the
        curve is interpolated.

    Notes
    -----
    For dense layers the error is the triangle bound of a merge, else a measure of it (norms of kernels are Frobenius
    norms). It is that of the weights as they are: budgets are divided before anything is folded. Cost O(n^2 d).
    """
    blocks = int(layer.blocks.max()) + 1
    if blocks == 1:
        return _of_block(layer, layer.incoming, layer.outgoing)
    members = [np.flatnonzero(layer.blocks == block) for block in range(blocks)]
    found = [_of_block(layer, layer.incoming[own], layer.outgoing[:, own]) for own in members]
    order = np.stack([own[part.order] for own, part in zip(members, found, strict=True)], axis=1).reshape(-1)
    errors = np.sum([part.curve for part in found], axis=0)
    places = np.arange(len(order) + 1)
    return FacilityOrder(order, np.interp(places, places[::blocks], errors))


def _of_block(layer: HiddenLayer, rows: Floats, columns: Floats) -> FacilityOrder:
    if layer.law != "none":
        return facility_location(rows, columns, copies=layer.law == "copies")
    mass, scale = masses(rows, columns)
    order = np.argsort(-mass, kind="stable")
    return FacilityOrder(order, scale * np.append(np.cumsum(mass[order][::-1])[::-1], 0.0))
