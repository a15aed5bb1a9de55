"""ERK: layer-wise densities from the shapes of the layers, random weights within each."""

from __future__ import annotations

from math import prod

from theoryprune.graph.evaluate import require_graph
from theoryprune.scores.draws import random_places, webster
from theoryprune.types import Scores, WeightGraph


def erk(graph: WeightGraph, *, seed: int) -> Scores:
    """Score weights so that the best ones fill the layers by the Erdos-Renyi-kernel rule.

    Parameters
    ----------
    graph : WeightGraph
        Only its shapes are used.
    seed : int
        Of the random order within each layer.

    Returns
    -------
    Scores
        float64; for a global ranking.

    Notes
    -----
    The density of a layer is proportional to ``(n_in + n_out + sum of kernel sizes) / (n_in n_out product of kernel
    sizes)``, with the input channels of one group and without kernel terms for linear layers, and capped at 1 (Evci
    et al. 2020, arXiv 1911.11134; Mocanu et al. 2018). For every budget the counts are those densities rounded by
    Webster's rule. Cost: one draw per weight.

    Examples
    --------
    >>> import torch
    >>> from theoryprune.graph.extract import extract
    >>> erk(extract(torch.nn.Linear(4, 4), (4,)), seed=0).values["weight"].amax()
    tensor(16., dtype=torch.float64)
    """
    require_graph(graph)
    shapes = {name: weight.shape for name, weight in graph.weights.items()}
    densities = {name: sum(shape) / prod(shape) for name, shape in shapes.items()}
    return Scores(webster(densities, random_places(graph, seed)), method="erk")
