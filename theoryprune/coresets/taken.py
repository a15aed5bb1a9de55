"""Units that stay as they are, beside others that go without a trace."""

from __future__ import annotations

import numpy as np

from theoryprune.coresets.arguments import Layer
from theoryprune.coresets.record import LayerCoreset, identity
from theoryprune.geometry.arguments import Floats, Indices


def largest(scores: Floats, budget: int) -> Indices:
    """Return the units with the largest scores, ascending; at ties those with the lower index."""
    return np.sort(np.argsort(-scores, kind="stable")[:budget])


def taken(layer: Layer, kept: Indices, method: str, factor: float = 1.0, *, drawn: bool = False) -> LayerCoreset:
    """Return these units with their outgoing weights times a factor; the identity if they are all."""
    if layer.budget == layer.units:
        return identity(layer, method)
    weights = factor * layer.outgoing[:, kept]
    if not np.isfinite(weights).all():
        raise ValueError(
            f"outgoing is too large for a factor of {factor:.6g} within float64; divide it by a power of 2"
        )
    return LayerCoreset(method, kept, weights, layer.units, not drawn)
