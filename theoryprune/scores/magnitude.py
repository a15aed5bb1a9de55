"""Magnitude: the absolute value of the weight."""

from __future__ import annotations

import torch

from theoryprune.graph.evaluate import require_values
from theoryprune.types import Scores, WeightGraph


def magnitude(graph: WeightGraph) -> Scores:
    """Score every weight by its absolute value.

    Parameters
    ----------
    graph : WeightGraph

    Returns
    -------
    Scores
        ``abs(w)`` in float64, on the graph's device.

    Raises
    ------
    ValueError
        If the graph lies on the meta device.

    Notes
    -----
    No saliency: it is not conserved along a network, so under a global ranking the layers with the smallest weights
    go first and whole; at initialisation these are the widest. Cost: one copy of the weights.

    Examples
    --------
    >>> from theoryprune.graph.extract import extract
    >>> net = torch.nn.Linear(2, 1)
    >>> _ = torch.nn.init.constant_(net.weight, -0.5)
    >>> magnitude(extract(net, (2,))).values["weight"]
    tensor([[0.5000, 0.5000]], dtype=torch.float64)
    """
    require_values(graph, "magnitude")
    values = {name: weight.detach().to(torch.float64).abs() for name, weight in graph.weights.items()}
    return Scores(values, method="magnitude")
