"""The l2 form of synaptic flow: squares in place of absolute values."""

from __future__ import annotations

import torch

from theoryprune.graph.flow import BiasPolicy
from theoryprune.graph.flow_evaluator import FlowEvaluator
from theoryprune.types import Scores, WeightGraph


def synflow_l2(graph: WeightGraph, bias: BiasPolicy = "drop", dtype: torch.dtype = torch.float64) -> Scores:
    """Score every weight by the squared products of all paths through it.

    Parameters
    ----------
    graph : WeightGraph
        Its own weights are scored; nothing is written. No data is needed: the input is all ones.
    bias, dtype
        As in `synflow`.

    Returns
    -------
    Scores
        As of `synflow`, of the flow whose edges carry squared weights.

    Raises
    ------
    UnsupportedLayerError
        If some layers have no such flow: those of `synflow`, and averages over cells of unequal number.
    ValueError
        If a weight is not finite, an argument is out of range, or the graph has no values.

    Notes
    -----
    ``S(w) = w^2 dR/d(w^2)`` where R is the flow of the network with squared weights, squared factors of batch norm, and
    squared factors of averages: the squared l2 norm of all path products, as the flow of `synflow` is their l1 norm
    (Gebhart, Saxena, Schrater 2021, arXiv 2101.10552). With squared weights in place of absolute ones, the theorems
    of conservation and survival hold word for word. Cost: that of `synflow`.

    Examples
    --------
    The chain 2-1 with weights [3, -4] has the flow 9 + 16 = 25.

    >>> from theoryprune.graph.extract import extract
    >>> net = torch.nn.Linear(2, 1, bias=False)
    >>> _ = net.weight.data.copy_(torch.tensor([[3.0, -4.0]]))
    >>> scores = synflow_l2(extract(net, (2,)))
    >>> scores.values["weight"] * 2**scores.exponent
    tensor([[ 9., 16.]], dtype=torch.float64)
    """
    return prepare(graph, bias=bias, dtype=dtype).scores("synflow_l2")


def prepare(graph: WeightGraph, bias: BiasPolicy = "drop", dtype: torch.dtype = torch.float64) -> FlowEvaluator:
    """Return the evaluator that `prune` uses in place of `synflow_l2`."""
    return FlowEvaluator(graph, bias=bias, dtype=dtype, power=2)


synflow_l2.prepare = prepare  # type: ignore[attr-defined]
