"""Keep the units with the largest incoming weights: a baseline."""

from __future__ import annotations

from numpy.typing import ArrayLike

from theoryprune.coresets.arguments import as_layer
from theoryprune.coresets.fold import folded
from theoryprune.coresets.rays import rays_of
from theoryprune.coresets.record import LayerCoreset, identity
from theoryprune.coresets.taken import largest, taken


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
        If an argument is not of this kind.

    Notes
    -----
    It depends on how a unit's scale is split between W and V, which the function does not: see `norm_v`. Cost O(n d).

    Examples
    --------
    >>> norm([[1, 0], [2, 0], [0, 3]], [[1, 1, 1]], 2).kept.tolist()
    [1, 2]
    """
    layer = as_layer(incoming, outgoing, budget, slope)
    return taken(layer, largest(rays_of(layer.incoming).lengths, layer.budget), "norm")


def norm_merge(incoming: ArrayLike, outgoing: ArrayLike, budget: int, *, slope: float = 0.0) -> LayerCoreset:
    """Keep the units that `norm` keeps, and `fold` the others into them.

    Parameters
    ----------
    incoming, outgoing, budget, slope
        As for `merge`.

    Returns
    -------
    LayerCoreset
        With its `Merging`. Deterministic.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, or something is beyond float64.
    """
    layer = as_layer(incoming, outgoing, budget, slope)
    if layer.budget == layer.units:
        return identity(layer, "norm_merge")
    kept = largest(rays_of(layer.incoming).lengths, layer.budget)
    return folded(layer.incoming, layer.outgoing, kept, "norm_merge")
