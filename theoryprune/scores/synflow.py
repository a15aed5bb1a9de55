"""Synaptic flow: the total weight of all input-output paths through a weight."""

from __future__ import annotations

import torch

from theoryprune.graph.flow import BiasPolicy
from theoryprune.graph.flow_evaluator import FlowEvaluator
from theoryprune.types import Scores, WeightGraph


def synflow(graph: WeightGraph, bias: BiasPolicy = "drop", dtype: torch.dtype = torch.float64) -> Scores:
    """Score every weight by the flow through it.

    Parameters
    ----------
    graph : WeightGraph
        Its own weights are scored; nothing is written. No data is needed: the input is all ones.
    bias : {"drop", "unit"}
        ``"drop"``: every path starts at the input, so the scores of a layer that every path crosses add up to the
        flow, and a positive flow proves a path. ``"unit"``: biases are edges from a constant unit, as in the published
        code; neither holds then.
    dtype : torch.float64 or torch.float32
        float64 is the canonical arithmetic. float32 is faster and equal up to rounding, which iteration amplifies.

    Returns
    -------
    Scores
        Non-negative, with the flow R as ``total * 2**exponent`` and ``1/2 <= total < 1``. All scores are to be
        multiplied by the same ``2**exponent``; it is never formed, so no network is too deep.

    Raises
    ------
    UnsupportedLayerError
        If some layers have no flow: all of them at once.
    ValueError
        If a weight is not finite, an argument is out of range, or the graph has no values.

    Notes
    -----
    ``S(w) = |w| dR/d|w|`` where R is the sum of the outputs of the network with absolute weights on an input of ones
    (Tanaka, Kunin, Yamins, Ganguli 2020, arXiv 2006.05467, section 5): the sum over all paths through w of the product
    of the absolute weights along the path. (With max pooling: over the paths through the largest cells.)

    - *Why ones*: R is then the sum over all paths, none preferred; without biases any positive constant ranks the same.
    - *Why absolute values*: signed paths cancel, and strong weights would score 0. The paper's listing writes
      ``w dR/dw``, which is the same.
    - *Why evaluation mode*: statistics of a batch would make the output blind to the scale of a layer; batch norm is
      the factor ``abs(gamma) / sqrt(var + eps)``, without mean and shift.
    - *Why iterate* (`prune`): within a chain each layer's scores add up to R, so the mean score of a layer is R over
      its size, and in one shot the largest layers go whole. After a partial removal the survivors' scores rise.

    The score knows nothing of the task; it certifies connectivity, not accuracy. Cost: one forward and one backward
    pass of a single example, and two copies of the weights in `dtype`. In `prune` the copies are made once.

    Examples
    --------
    The chain 2-2-1 with weights [[1, 2], [3, 4]] and [5, 6] has the flow 5 * 3 + 6 * 7 = 57.

    >>> from theoryprune.graph.extract import extract
    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 2, bias=False), torch.nn.Linear(2, 1, bias=False))
    >>> _ = net[0].weight.data.copy_(torch.tensor([[1.0, -2.0], [3.0, 4.0]]))
    >>> _ = net[1].weight.data.copy_(torch.tensor([[5.0, 6.0]]))
    >>> scores = synflow(extract(net, (2,)))
    >>> scores.total * 2**scores.exponent
    57.0
    >>> scores.values["0.weight"] * 2**scores.exponent
    tensor([[ 5., 10.],
            [18., 24.]], dtype=torch.float64)
    """
    return FlowEvaluator(graph, bias=bias, dtype=dtype).scores("synflow")


def prepare(graph: WeightGraph, bias: BiasPolicy = "drop", dtype: torch.dtype = torch.float64) -> FlowEvaluator:
    """Return the evaluator that `prune` uses in place of `synflow`: the same scores, with the copies made once."""
    return FlowEvaluator(graph, bias=bias, dtype=dtype)


synflow.prepare = prepare  # type: ignore[attr-defined]
