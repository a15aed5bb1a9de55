"""Keep any units, weighted so that they stand for all on average: the plainest sampled coreset."""

from __future__ import annotations

from numpy.typing import ArrayLike

from theoryprune.coresets.arguments import as_layer
from theoryprune.coresets.random import uniform_units
from theoryprune.coresets.record import LayerCoreset
from theoryprune.coresets.taken import taken
from theoryprune.geometry.arguments import Seed, as_generator


def uniform(incoming: ArrayLike, outgoing: ArrayLike, budget: int, *, slope: float = 0.0, seed: Seed) -> LayerCoreset:
    """Keep units drawn uniformly without replacement, with n / m times their outgoing weights.

    Parameters
    ----------
    incoming, outgoing, budget, slope
        As for `merge`; the slope changes nothing.
    seed : int or numpy.random.Generator

    Returns
    -------
    LayerCoreset
        ``U = (n / m) V[:, C]``: at every x its output has the mean of the layer's own.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, or a weight is beyond float64.

    Notes
    -----
    No theorem is known here that would be of use: one unit may carry the whole output.

    Examples
    --------
    >>> uniform([[1, 0], [2, 0], [0, 3]], [[4, 1, 1]], 1, seed=0).outgoing.tolist()
    [[3.0]]
    """
    layer, generator = as_layer(incoming, outgoing, budget, slope), as_generator(seed)
    return taken(layer, uniform_units(layer, generator), "uniform", layer.units / layer.budget, drawn=True)
