"""Random scores: the baseline that every other score must beat."""

from __future__ import annotations

import torch

from theoryprune.graph.evaluate import require_graph
from theoryprune.measures.seeds import generator
from theoryprune.types import Scores, WeightGraph


def random(graph: WeightGraph, *, seed: int) -> Scores:
    """Score every weight by one uniform draw from [0, 1).

    Parameters
    ----------
    graph : WeightGraph
        Only its shapes are used.
    seed : int
        The draws depend on it and on the shapes alone, not on the device or on torch's global generator.

    Returns
    -------
    Scores
        float64, on the graph's device.

    Notes
    -----
    One draw per weight for a whole run: pass it to `prune` as ``functools.partial(random, seed=0)``, and every
    iteration sees the same ranking, so that no removed weight could have come back. Cost: one draw per weight.

    Examples
    --------
    >>> from theoryprune.graph.extract import extract
    >>> graph = extract(torch.nn.Linear(3, 2), (3,))
    >>> torch.equal(random(graph, seed=1).values["weight"], random(graph, seed=1).values["weight"])
    True
    """
    require_graph(graph)
    draws = generator(seed)
    values = {
        name: torch.rand(weight.shape, dtype=torch.float64, generator=draws).to(graph.device)
        for name, weight in graph.weights.items()
    }
    return Scores(values, method="random")
