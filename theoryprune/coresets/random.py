"""Keep any units: the baseline that every construction should beat."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.coresets.arguments import Layer, as_layer
from theoryprune.coresets.fold import merged
from theoryprune.coresets.record import LayerCoreset
from theoryprune.coresets.taken import taken
from theoryprune.geometry.arguments import Indices, Seed, as_generator


def random(incoming: ArrayLike, outgoing: ArrayLike, budget: int, *, slope: float = 0.0, seed: Seed) -> LayerCoreset:
    """Keep units drawn uniformly without replacement, as they are.

    Parameters
    ----------
    incoming, outgoing, budget, slope
        As for `merge`; the slope changes nothing.
    seed : int or numpy.random.Generator

    Returns
    -------
    LayerCoreset
        ``U = V[:, C]``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.

    See Also
    --------
    uniform : The same units, weighted so that sums are kept on average.

    Examples
    --------
    >>> random([[1, 0], [2, 0], [0, 3]], [[4, 1, 1]], 1, seed=0).kept.tolist()
    [2]
    """
    layer, generator = as_layer(incoming, outgoing, budget, slope), as_generator(seed)
    return taken(layer, uniform_units(layer, generator), "random", drawn=True)


def random_merge(
    incoming: ArrayLike, outgoing: ArrayLike, budget: int, *, slope: float = 0.0, seed: Seed
) -> LayerCoreset:
    """Keep the units that `random` keeps, and `fold` the others into them.

    Parameters
    ----------
    incoming, outgoing, budget, slope
        As for `merge`.
    seed : int or numpy.random.Generator

    Returns
    -------
    LayerCoreset
        With its `Merging`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, or something is beyond float64.
    """
    layer, generator = as_layer(incoming, outgoing, budget, slope), as_generator(seed)
    return merged(layer, uniform_units(layer, generator), "random_merge", drawn=True)


def uniform_units(layer: Layer, generator: np.random.Generator) -> Indices:
    """Draw as many units as the budget allows, without replacement; ascending. A full budget draws nothing."""
    if layer.budget == layer.units:
        return np.arange(layer.units)
    return np.sort(generator.choice(layer.units, layer.budget, replace=False))
