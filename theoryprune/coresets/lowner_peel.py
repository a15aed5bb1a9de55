"""Peel the rows by ellipsoids, and take the outer layers first: after Tukan, Mualem and Maalouf."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.coresets.arguments import Layer, as_layer
from theoryprune.coresets.drawn import Mode, Theorem, drawn
from theoryprune.coresets.mussay import largest_outputs
from theoryprune.coresets.rays import rays_of
from theoryprune.coresets.record import LayerCoreset
from theoryprune.coresets.taken import largest, taken
from theoryprune.geometry import lowner_caratheodory, peeling
from theoryprune.geometry.arguments import Floats, Seed

Peel = Literal["dopt", "vertices"]
_EPS = 0.05


def lowner_peel(
    incoming: ArrayLike,
    outgoing: ArrayLike,
    budget: int,
    *,
    slope: float = 0.0,
    seed: Seed,
    mode: Mode = "distinct",
    peel: Peel = "dopt",
) -> LayerCoreset:
    """Draw units with probabilities that follow ``max_o |V_oj| / k_j``, k_j the layer in which the row is peeled off.

    Parameters
    ----------
    incoming, outgoing, budget, slope
        As for `merge`; the slope changes nothing.
    seed : int or numpy.random.Generator
    mode : {"distinct", "iid", "fixed_pps"}
        As in `theoryprune.geometry.sample_coreset`.
    peel : {"dopt", "vertices"}
        What a layer is: the support of a nearly D-optimal design (`theoryprune.geometry.peeling`), or ellipsoid
        vertices by Carathéodory (`theoryprune.geometry.lowner_caratheodory`), much slower, nearer to that abstract.

    Returns
    -------
    LayerCoreset
        With its `Sampling`. No theorem is stated for it.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, or a weight is beyond float64.
    ConvergenceError
        As for `theoryprune.geometry.lowner`.

    Notes
    -----
    After M. Tukan, L. Mualem, A. Maalouf, Pruning neural networks via coresets and convex geometry: towards no
    assumptions, NeurIPS 2022 (arXiv 2209.08554), of which we had the abstract alone: a reconstruction, not their
    method. Each row of layer k has a sensitivity of at most F / k, and the factor F, common to all, cancels in
    sampling. Cost: one ellipsoid for each layer, about n / d of them.
    """
    layer = as_layer(incoming, outgoing, budget, slope)
    return drawn(layer, _scores(layer, peel), mode, seed, "lowner_peel", Theorem())


def peel_top(
    incoming: ArrayLike, outgoing: ArrayLike, budget: int, *, slope: float = 0.0, peel: Peel = "dopt"
) -> LayerCoreset:
    """Keep the units with the largest scores of `lowner_peel`, as they are.

    Parameters
    ----------
    incoming, outgoing, budget, slope
        As for `merge`; the slope changes nothing.
    peel : {"dopt", "vertices"}
        As for `lowner_peel`.

    Returns
    -------
    LayerCoreset
        Deterministic; ``U = V[:, C]``.

    Raises
    ------
    TypeError, ValueError, ConvergenceError
        As for `lowner_peel`.
    """
    layer = as_layer(incoming, outgoing, budget, slope)
    return taken(layer, largest(_scores(layer, peel), layer.budget), "peel_top")


def _scores(layer: Layer, peel: Peel) -> Floats:
    if peel not in get_args(Peel):
        raise ValueError(f"peel must be one of {', '.join(map(repr, get_args(Peel)))}, got {peel!r}")
    if layer.budget == layer.units:
        return np.zeros(layer.units)
    lengths = rays_of(layer.incoming).lengths
    rows = layer.incoming / (lengths.max() or 1.0)
    layers = peeling(rows, _EPS).layers if peel == "dopt" else _vertex_layers(rows)
    outer = largest_outputs(layer.outgoing)
    return np.where(layers > 0, outer / np.maximum(layers, 1), 0.0)


def _vertex_layers(rows: Floats) -> Floats:
    layers, left, number = np.zeros(len(rows)), np.flatnonzero(rows.any(axis=1)), 0
    while len(left):
        number += 1
        taken_now = lowner_caratheodory(rows[left], _EPS, symmetric=True).indices
        layers[left[taken_now]] = number
        left = np.delete(left, taken_now)
    return layers
