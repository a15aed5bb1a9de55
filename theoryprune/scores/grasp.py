"""GraSP: which weights carry the gradient flow of labelled examples."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

import torch
from torch import Tensor
from torch.nn import functional

from theoryprune.graph.evaluate import require_graph
from theoryprune.layers import Softmax
from theoryprune.scores.batches import Batches, Data, Loss, gradient, hessian_times, labelled
from theoryprune.types import Scores, WeightGraph


def grasp(
    inputs: Data, targets: Data, loss: Loss = functional.cross_entropy, temperature: float = 200
) -> Callable[[WeightGraph], Scores]:
    """Return the score function that rates every weight by ``w (H g)`` on these examples.

    Parameters
    ----------
    inputs : Tensor, shape (batch, *graph.input_shape), or sequence of such
        Of the graph's dtype, on its device. Several batches count as one large one.
    targets : Tensor, shape (batch, ...), or sequence of such
        What `loss` takes; as many batches as `inputs`.
    loss : callable
        ``loss(outputs / temperature, targets)``, a scalar that averages over the batch.
    temperature : float
        Positive; the outputs are divided by it.

    Returns
    -------
    callable
        From a graph to `Scores`: signed, float64, ``method="grasp"``, without a flow. The largest are kept.

    Raises
    ------
    TypeError, ValueError
        If inputs and targets do not belong together; when scoring, if they do not fit the graph, a loss is not
        finite, or a last softmax leaves no logits to divide.

    Notes
    -----
    g is the gradient and H the Hessian of the mean loss over all examples, in all prunable weights together.
    ``2 w (H g)`` is the rate at which ``|g|^2`` falls when w shrinks: a negative score says that the gradient grows
    without the weight, so those go first (Wang, Zhang, Grosse 2020, arXiv 2002.07376, who remove the highest
    ``-w (H g)``). H g is exact, by differentiating twice; g is that of all batches before the second pass.

    The graph's own weights are scored, nothing is drawn anew. Batch norm uses its running statistics (the published
    code those of the batch). Weights that are exactly 0 count as removed: they score 0 and have no part in g. Passes
    run in the graph's dtype, sums and products in float64. The scores are not conserved: at a unit without bias they
    differ by ``|g_out|^2 - |g_in|^2``.

    Published use: ten examples per class and one step. Cost: three to four times that of `snip`.

    Examples
    --------
    With the loss w^2 / 2 the gradient is w and the Hessian 1.

    >>> from theoryprune.graph.extract import extract
    >>> net = torch.nn.Linear(1, 1, bias=False)
    >>> _ = net.weight.data.fill_(-3.0)
    >>> half_square = lambda outputs, targets: (outputs - targets).square().mean() / 2
    >>> score = grasp(torch.ones(1, 1), torch.zeros(1, 1), half_square, temperature=1)
    >>> score(extract(net, (1,))).values["weight"]
    tensor([[9.]], dtype=torch.float64)
    """
    batches, tempered = labelled(inputs, targets, loss), _tempered(loss, temperature)

    def score(graph: WeightGraph) -> Scores:
        return Scores(_products(graph, batches, tempered, temperature), method="grasp")

    score.__name__ = score.__qualname__ = "grasp"
    return score


def grasp_magnitude(
    inputs: Data, targets: Data, loss: Loss = functional.cross_entropy, temperature: float = 200
) -> Callable[[WeightGraph], Scores]:
    """Return the score function that rates every weight by ``|w (H g)|``: `grasp` without the sign.

    Parameters
    ----------
    inputs, targets, loss, temperature
        As for `grasp`.

    Returns
    -------
    callable
        From a graph to `Scores`: non-negative, float64, ``method="grasp_magnitude"``, without a flow.

    Notes
    -----
    Keeps the weights whose removal changes the gradient flow most, whichever way: an ablation of `grasp` (Frankle,
    Dziugaite, Roy, Carbin 2021, arXiv 2009.08576). Errors and cost are those of `grasp`.
    """
    batches, tempered = labelled(inputs, targets, loss), _tempered(loss, temperature)

    def score(graph: WeightGraph) -> Scores:
        products = _products(graph, batches, tempered, temperature)
        return Scores({name: value.abs() for name, value in products.items()}, method="grasp_magnitude")

    score.__name__ = score.__qualname__ = "grasp_magnitude"
    return score


def _tempered(loss: Loss, temperature: float) -> Loss:
    """Return the loss of the outputs divided by the temperature."""
    if isinstance(temperature, bool) or not isinstance(temperature, int | float):
        raise TypeError(f"temperature must be a number, got {temperature!r}")
    if not (isfinite(temperature) and temperature > 0):
        raise ValueError(f"temperature must be finite and positive, got {temperature}; the published value is 200")

    def tempered(outputs: Tensor, targets: Tensor) -> Tensor:
        return loss(outputs / temperature, targets)

    return tempered


def _products(graph: WeightGraph, batches: Batches, loss: Loss, temperature: float) -> dict[str, Tensor]:
    require_graph(graph)
    if temperature != 1 and isinstance(graph.by_name[graph.output], Softmax):
        raise ValueError(
            f"temperature divides logits, but the graph ends in the softmax '{graph.output}'; extract the model "
            "without it and use a loss of logits, or pass temperature=1"
        )
    weights = {name: weight.detach().to(torch.float64) for name, weight in graph.weights.items()}
    slopes = gradient(graph, batches, loss)
    alive = {name: slope * (weights[name] != 0) for name, slope in slopes.items()}
    return {name: weights[name] * value for name, value in hessian_times(graph, batches, loss, alive).items()}
