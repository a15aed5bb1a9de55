"""Uniform: the same density for every layer, random weights within each."""

from __future__ import annotations

from theoryprune.graph.evaluate import require_graph
from theoryprune.scores.draws import random_places, webster
from theoryprune.types import Scores, WeightGraph


def uniform(graph: WeightGraph, *, seed: int) -> Scores:
    """Score weights so that the best ones fill all layers to the same density.

    Parameters
    ----------
    graph : WeightGraph
        Only its shapes are used.
    seed : int
        Of the random order within each layer.

    Returns
    -------
    Scores
        float64; for a global ranking, which keeps the rounded ``density * N_l`` of each layer, exact in total.

    Notes
    -----
    The weight at place k of a layer's random order scores ``N_l / (k - 1/2)`` (Webster's rule of apportionment). Cost:
    one draw per weight.

    Examples
    --------
    >>> import torch
    >>> from theoryprune.graph.extract import extract
    >>> net = torch.nn.Sequential(torch.nn.Linear(10, 4), torch.nn.Linear(4, 5))
    >>> scores = uniform(extract(net, (10,)), seed=0)
    >>> [int((score > 2).sum()) for score in scores.values.values()]
    [20, 10]
    """
    require_graph(graph)
    return Scores(webster(dict.fromkeys(graph.order, 1.0), random_places(graph, seed)), method="uniform")
