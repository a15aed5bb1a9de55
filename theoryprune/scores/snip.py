"""SNIP: how much the loss of labelled examples feels each connection."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional

from theoryprune.scores.batches import Data, Loss, gradient, labelled
from theoryprune.types import Scores, WeightGraph


def snip(inputs: Data, targets: Data, loss: Loss = functional.cross_entropy) -> Callable[[WeightGraph], Scores]:
    """Return the score function that rates every weight by ``|w dL/dw|`` on these examples.

    Parameters
    ----------
    inputs : Tensor, shape (batch, *graph.input_shape), or sequence of such
        Of the graph's dtype, on its device. Several batches count as one large one.
    targets : Tensor, shape (batch, ...), or sequence of such
        What `loss` takes; as many batches as `inputs`.
    loss : callable
        ``loss(outputs, targets)``, a scalar that averages over the batch; by default the cross-entropy of logits.

    Returns
    -------
    callable
        From a graph to `Scores`: non-negative, float64, ``method="snip"``, without a flow. For `prune` or `keep_top`.

    Raises
    ------
    TypeError, ValueError
        If inputs and targets do not belong together; when scoring, if they do not fit the graph or a loss is not
        finite.

    Notes
    -----
    With a gate c on every weight, ``dL(c * w)/dc = w dL/dw`` at c = 1 (Lee, Ajanthan, Torr 2019, arXiv 1810.02340). L
    is the mean loss over all examples, so the absolute value is taken after the sum over batches. The published
    division by the sum of all scores changes no ranking and is left out.

    The graph's own weights are scored, nothing is drawn anew: the same graph and data give the same mask. Batch norm
    uses its running statistics. Gradients are taken in the graph's dtype, summed and multiplied in float64. A weight
    of 0 scores 0. The signed products ``w dL/dw`` are conserved like a flow, their absolute values are not.

    Published use: one batch of 100 to 128 examples and one step; ``prune(graph, snip(x, y), d, exponential(100))`` is
    the iterative form. Cost: a forward and a backward pass over the examples, and a float64 copy of the weights.

    Examples
    --------
    The loss is 9 - (2 * 3 + 1 * (-1)), so the signed products are -6 and 1.

    >>> from theoryprune.graph.extract import extract
    >>> net = torch.nn.Linear(2, 1, bias=False)
    >>> _ = net.weight.data.copy_(torch.tensor([[3.0, -1.0]]))
    >>> x, y = torch.tensor([[2.0, 1.0]]), torch.tensor([[9.0]])
    >>> snip(x, y, loss=torch.nn.functional.l1_loss)(extract(net, (2,))).values["weight"]
    tensor([[6., 1.]], dtype=torch.float64)
    """
    batches = labelled(inputs, targets, loss)

    def score(graph: WeightGraph) -> Scores:
        slopes = gradient(graph, batches, loss)
        weights = graph.weights
        return Scores(
            {name: (weights[name].detach().to(torch.float64) * slope).abs() for name, slope in slopes.items()},
            method="snip",
        )

    score.__name__ = score.__qualname__ = "snip"
    return score
