"""How much a difference in one tensor can become in the output of the network."""

from __future__ import annotations

from collections.abc import Iterable

from theoryprune.bounds.chains import Known, affine_chains, chain_gain
from theoryprune.bounds.effort import Effort, check_effort
from theoryprune.bounds.joined import joined, times_up
from theoryprune.bounds.layer_gain import layer_gain
from theoryprune.graph.evaluate import require_values
from theoryprune.layers import Layer
from theoryprune.types import INPUT, WeightGraph


def lipschitz(graph: WeightGraph, start: str = INPUT, *, effort: Effort = "default") -> float:
    """Bound the l2 Lipschitz constant from one tensor to the output.

    Parameters
    ----------
    graph : WeightGraph
    start : str
        Name of a record, whose output is changed, or of the network's input.
    effort : {"fast", "default", "high"}
        Spent on convolutions, see `conv_norm`.

    Returns
    -------
    float
        See `output_gains`, which takes many tensors at the price of one.

    Raises
    ------
    ValueError
        If the graph has no such tensor or no values, or `effort` is another.
    UnsupportedLayerError
        If a layer in between has no rule.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> net = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.ReLU(), torch.nn.Linear(1, 1))
    >>> weights = {"0.weight": torch.tensor([[3.0]]), "2.weight": torch.tensor([[2.0]])}
    >>> graph = tp.extract(net, (1,)).with_weights(weights)
    >>> round(lipschitz(graph), 9), round(lipschitz(graph, "0"), 9)
    (6.0, 2.0)
    """
    return output_gains(graph, (start,), effort=effort)[start]


def output_gains(
    graph: WeightGraph,
    starts: Iterable[str] | None = None,
    *,
    effort: Effort = "default",
    known: Known | None = None,
) -> dict[str, float]:
    """Bound the l2 Lipschitz constant from each of several tensors to the output.

    Parameters
    ----------
    graph : WeightGraph
    starts : iterable of str, optional
        Names of records or of the input; by default all of them.
    effort : {"fast", "default", "high"}
        Spent on convolutions, see `conv_norm`.
    known : mutable mapping, optional
        Norms of weights that another call has computed, of this network or one with records in common; filled.

    Returns
    -------
    dict of str to float
        In real arithmetic on the stored weights, rounded up; 0 for tensors that the output does not depend on,
        infinity where the products overflow. In deep networks the products are far above what happens.

    Raises
    ------
    ValueError
        If the graph has no such tensor or no values, or `effort` is another.
    UnsupportedLayerError
        If a layer in between has no rule.

    Notes
    -----
    Let L(v) bound the change of the tensor v per change of the start: 1 at the start, 0 at what does not depend on
    it. Then L(f(u)) = gain L(u), ``L(u + alpha v) = L(u) + |alpha| L(v)`` (so ``1 + Lip F`` for x + F(x)), and a
    concatenation takes the root of the sum of squares (`joined`). A weight layer and the batch norms, scales and
    shifts behind it count as one map (`chain_gain`). Cost: the norm of each weight once, and one pass of
    arithmetic per start.
    """
    require_values(graph, "output_gains")
    check_effort(effort)
    known = {} if known is None else known
    names = list(graph.shapes) if starts is None else list(starts)
    own: dict[Layer, float] = {}  # gains of records that belong to no chain
    return {start: _gain_from(graph, start, effort, known, own) for start in names}


def _gain_from(graph: WeightGraph, start: str, effort: Effort, known: Known, own: dict[Layer, float]) -> float:
    if start not in graph.shapes:
        raise ValueError(f"start must name a tensor of the graph, got {start!r}; they are {list(graph.shapes)}")
    chains = affine_chains(graph, start)
    sources = {
        layer.name: (chains[layer.name].source,) if layer.name in chains else layer.inputs for layer in graph.layers
    }
    needed = {graph.output}
    for layer in reversed(graph.layers):
        if layer.name in needed and layer.name != start:
            needed.update(sources[layer.name])
    values = {start: 1.0}
    for layer in graph.layers:
        sizes = [values.get(name, 0.0) for name in sources[layer.name]]
        if layer.name not in needed or layer.name == start or not any(sizes):
            continue
        if chain := chains.get(layer.name):
            values[layer.name] = times_up(chain_gain(chain, graph.shapes, effort, known), sizes[0])
            continue
        if layer not in own:
            own[layer] = layer_gain(layer, *(graph.shapes[name] for name in layer.inputs), effort=effort)
        values[layer.name] = joined(layer, own[layer], sizes)
    return values.get(graph.output, 0.0)
