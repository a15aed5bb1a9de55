"""Exact cuts: the records that every path from the input to the output crosses, once each."""

from __future__ import annotations

import networkx as nx

from theoryprune.graph.evaluate import require_graph
from theoryprune.types import INPUT, WeightGraph


def exact_cuts(graph: WeightGraph) -> tuple[str, ...]:
    """Return the names of the records that every input-output path crosses, in order.

    Parameters
    ----------
    graph : WeightGraph

    Returns
    -------
    tuple of str
        In a chain every record; in a residual network those outside the blocks, and the additions that close them.

    Raises
    ------
    TypeError
        If `graph` is no graph.

    Notes
    -----
    The dominators of the output in the operator graph. Through each of them flows the whole R: for a record that every
    path crosses, the sum of its scores, and ``<dR/dy, y>`` of its output y, is R (Tanaka et al. 2020, arXiv 2006.05467,
    theorem 2; offsets apart). A record that reads a tensor twice, as in ``x + x``, is crossed once by each of the two
    paths. Cost: linear in the number of records, but for a logarithm.

    Examples
    --------
    >>> import torch
    >>> from theoryprune.graph.extract import extract
    >>> exact_cuts(extract(torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU()), (2,)))
    ('0', 'relu')
    """
    require_graph(graph)
    parents = nx.immediate_dominators(graph.to_networkx(), INPUT)
    cuts: list[str] = []
    name = graph.output
    while name != INPUT:
        cuts.append(name)
        name = parents[name]
    return tuple(reversed(cuts))


def cut_weights(graph: WeightGraph) -> tuple[str, ...]:
    """Return the names of the prunable weights whose layers are exact cuts, in registration order.

    Where these are all weights, the network is a *chain*: each layer's scores add up to R.
    """
    crossed = set(exact_cuts(graph))
    return tuple(weight for weight, layer in graph.weight_layers.items() if layer.name in crossed)
