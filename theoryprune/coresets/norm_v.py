"""Keep the units that can add most to the output: a baseline."""

from __future__ import annotations

from numpy.typing import ArrayLike

from theoryprune.coresets.arguments import as_layer
from theoryprune.coresets.fold import folded
from theoryprune.coresets.rays import masses
from theoryprune.coresets.record import LayerCoreset, identity
from theoryprune.coresets.taken import largest, taken


def norm_v(incoming: ArrayLike, outgoing: ArrayLike, budget: int, *, slope: float = 0.0) -> LayerCoreset:
    """Keep the units with the largest ``|w_j| |v_j|``, as they are.

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
        If an argument is not of this kind, or a product is beyond float64.

    Notes
    -----
    ``|w_j| |v_j| |x|`` bounds what unit j adds to the output at x. Cost O(n (d + p)).

    Examples
    --------
    >>> norm_v([[1, 0], [2, 0], [0, 3]], [[4, 1, 1]], 2).kept.tolist()
    [0, 2]
    """
    layer = as_layer(incoming, outgoing, budget, slope)
    return taken(layer, largest(masses(layer.incoming, layer.outgoing)[0], layer.budget), "norm_v")


def norm_v_merge(incoming: ArrayLike, outgoing: ArrayLike, budget: int, *, slope: float = 0.0) -> LayerCoreset:
    """Keep the units that `norm_v` keeps, and `fold` the others into them.

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
        return identity(layer, "norm_v_merge")
    kept = largest(masses(layer.incoming, layer.outgoing)[0], layer.budget)
    return folded(layer.incoming, layer.outgoing, kept, "norm_v_merge")
