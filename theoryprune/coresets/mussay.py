"""Sample units by the largest output weight times the norm of the row: after Mussay et al."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.coresets.arguments import as_layer
from theoryprune.coresets.drawn import Mode, Theorem, drawn
from theoryprune.coresets.rays import rays_of
from theoryprune.coresets.record import LayerCoreset
from theoryprune.geometry.arguments import Floats, Seed


def mussay(
    incoming: ArrayLike,
    outgoing: ArrayLike,
    budget: int,
    *,
    slope: float = 0.0,
    seed: Seed,
    mode: Mode = "distinct",
) -> LayerCoreset:
    """Draw units with probabilities that follow ``max_o |V_oj| phi(beta |w_j|)``: one sample for all outputs.

    Parameters
    ----------
    incoming, outgoing, budget, slope
        As for `merge`. The radius beta of the inputs and the slope cancel, since phi keeps positive factors.
    seed : int or numpy.random.Generator
    mode : {"distinct", "iid", "fixed_pps"}
        As in `theoryprune.geometry.sample_coreset`; "distinct" as published: `budget` different units.

    Returns
    -------
    LayerCoreset
        With its `Sampling`. No theorem is stated: that of the paper is for independent draws, and its constant is not
        at hand. See `additive` for one with all constants.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, or a weight is beyond float64.

    Notes
    -----
    B. Mussay, M. Osadchy, V. Braverman, S. Zhou, D. Feldman, Data-independent neural pruning via coresets, ICLR 2020.
    Our own code: the public one returns a column of weights in place of the bias. Cost O(n (d + p)).
    """
    layer = as_layer(incoming, outgoing, budget, slope)
    scores = largest_outputs(layer.outgoing) * _over_largest(rays_of(layer.incoming).lengths)
    return drawn(layer, scores, mode, seed, "mussay", Theorem())


def largest_outputs(columns: Floats) -> Floats:
    """Return ``max_o |V_oj|`` over the largest entry of all."""
    return _over_largest(np.abs(columns).max(axis=0))


def _over_largest(values: Floats) -> Floats:
    return values / (values.max() or 1.0)
