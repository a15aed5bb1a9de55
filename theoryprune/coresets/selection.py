"""The choice of units that `merge` and `kernel_fit` share."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from theoryprune.coresets.arguments import Layer
from theoryprune.coresets.facility import facility_location
from theoryprune.coresets.input_law import Features, features_of
from theoryprune.geometry import pivoted_cholesky_targets
from theoryprune.geometry.arguments import Indices

Select = Literal["facility", "pivchol"]


def chosen_units(layer: Layer, select: Select, features: Features | None = None, *, copies: bool = False) -> Indices:
    """Return the units to keep, ascending.

    Raises
    ------
    ValueError
        If `select` is neither of the two.

    Notes
    -----
    Pivoting leaves out units that are `Features.faint`, and stops where all that is left is in the span of what was
    taken; the order of `facility_location` then fills the budget.
    """
    if select not in get_args(Select):
        raise ValueError(f"select must be one of {', '.join(map(repr, get_args(Select)))}, got {select!r}")
    if layer.budget == layer.units:
        return np.arange(layer.units)
    if select == "facility":
        return np.sort(facility_location(layer.incoming, layer.outgoing, layer.budget, copies=copies).order)
    given = features or features_of(layer.incoming, layer.outgoing, layer.slope)
    heard = ~given.faint
    chosen = pivoted_cholesky_targets(given.gram * heard * heard[:, None], given.targets, layer.budget).order
    if len(chosen) < layer.budget:
        order = facility_location(layer.incoming, layer.outgoing).order
        chosen = np.concatenate([chosen, order[~np.isin(order, chosen)]])[: layer.budget]
    return np.sort(chosen)
