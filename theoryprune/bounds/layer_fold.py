"""The fold that a certificate refers to: what stands for the units that are gone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.bounds.arguments import as_fold
from theoryprune.bounds.fold import Indices, nearest_rays
from theoryprune.bounds.layer import Layer
from theoryprune.bounds.rounding import Floats

Fold = tuple[Indices, Floats]
"""For each unit a kept one, -1 for none, and its multiplier."""


def fold_of(layer: Layer, assignment: ArrayLike | None, multipliers: ArrayLike | None) -> Fold:
    """Return the fold given, checked (`as_fold`), or that of the nearest rays where none is."""
    if assignment is None and multipliers is None:
        return nearest_rays(layer.rows, layer.kept, layer.slopes)
    return as_fold(assignment, multipliers, layer.kept, layer.slopes)


def no_fold(layer: Layer) -> Fold:
    """Return the fold in which nothing stands for any unit."""
    return np.full(len(layer.slopes), -1), np.zeros(len(layer.slopes))
