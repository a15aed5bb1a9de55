"""Keep the units of largest weights: baselines, which look at the incoming weights alone or at both sides."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.coresets.arguments import Layer, as_layer
from theoryprune.coresets.fold import merged
from theoryprune.coresets.rays import masses, rays_of
from theoryprune.coresets.record import LayerCoreset
from theoryprune.coresets.taken import largest, taken
from theoryprune.geometry.arguments import Floats, Indices


def norm(incoming: ArrayLike, outgoing: ArrayLike, budget: int, *, slope: float = 0.0) -> LayerCoreset:
    """Keep the units with the largest ``|w_j|``, as they are.

    Parameters
    ----------
    incoming, outgoing, budget, slope
        As for `merge`; the slope changes nothing.

    Returns
    -------
    LayerCoreset
        Deterministic; at ties the lower index stays. ``U = V[:, C]``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, or for `norm_v` a product is beyond float64.

    Notes
    -----
    It depends on how a unit's scale is split between W and V, which the function does not: see `norm_v`. Cost O(n d).

    Examples
    --------
    >>> norm([[1, 0], [2, 0], [0, 3]], [[1, 1, 1]], 2).kept.tolist()
    [1, 2]
    """
    layer = as_layer(incoming, outgoing, budget, slope)
    return taken(layer, _largest(layer, _lengths), "norm")


def norm_merge(incoming: ArrayLike, outgoing: ArrayLike, budget: int, *, slope: float = 0.0) -> LayerCoreset:
    """Keep the units that `norm` keeps, and `fold` the others into them.

    Parameters
    ----------
    incoming, outgoing, budget, slope
        As for `norm`; the result has a `Merging`.
    """
    layer = as_layer(incoming, outgoing, budget, slope)
    return merged(layer, _largest(layer, _lengths), "norm_merge")


def norm_v(incoming: ArrayLike, outgoing: ArrayLike, budget: int, *, slope: float = 0.0) -> LayerCoreset:
    """Keep the units with the largest ``|w_j| |v_j|``, as they are: those that can add most to the output.

    Parameters
    ----------
    incoming, outgoing, budget, slope
        As for `norm`, whose result and errors it shares.

    Notes
    -----
    ``|w_j| |v_j| |x|`` bounds what unit j adds to the output at x. Cost O(n (d + p)).

    Examples
    --------
    >>> norm_v([[1, 0], [2, 0], [0, 3]], [[4, 1, 1]], 2).kept.tolist()
    [0, 2]
    """
    layer = as_layer(incoming, outgoing, budget, slope)
    return taken(layer, _largest(layer, _products), "norm_v")


def norm_v_merge(incoming: ArrayLike, outgoing: ArrayLike, budget: int, *, slope: float = 0.0) -> LayerCoreset:
    """Keep the units that `norm_v` keeps, and `fold` the others into them.

    Parameters
    ----------
    incoming, outgoing, budget, slope
        As for `norm`; the result has a `Merging`.
    """
    layer = as_layer(incoming, outgoing, budget, slope)
    return merged(layer, _largest(layer, _products), "norm_v_merge")


def _largest(layer: Layer, scores: Callable[[Layer], Floats]) -> Indices:
    return np.arange(layer.units) if layer.budget == layer.units else largest(scores(layer), layer.budget)


def _lengths(layer: Layer) -> Floats:
    return rays_of(layer.incoming).lengths


def _products(layer: Layer) -> Floats:
    return masses(layer.incoming, layer.outgoing)[0]
