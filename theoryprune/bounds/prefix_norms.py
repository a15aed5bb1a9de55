"""How large every tensor of a network can be when its input is bounded, without data."""

from __future__ import annotations

from collections.abc import Iterable

from theoryprune.bounds.chains import Chain, Known, affine_chains, chain_gain, chain_offset
from theoryprune.bounds.effort import Effort, check_effort
from theoryprune.bounds.joined import joined, times_up
from theoryprune.bounds.layer_gain import layer_gain
from theoryprune.bounds.output_norm import norm_at_most, norm_at_zero
from theoryprune.bounds.rounding import up
from theoryprune.graph.evaluate import require_values
from theoryprune.layers import Layer, ReLU
from theoryprune.types import INPUT, WeightGraph


def prefix_norms(
    graph: WeightGraph,
    radius: float,
    names: Iterable[str] | None = None,
    *,
    effort: Effort = "default",
    known: Known | None = None,
) -> dict[str, float]:
    """Bound the l2 norm of tensors, for every input of norm at most `radius`.

    Parameters
    ----------
    graph : WeightGraph
    radius : float
        At least 0, finite.
    names : iterable of str, optional
        Which tensors; by default every record's output and the input. Fewer names cost less: the weights of layers
        that none of them needs by itself are not looked at.
    effort : {"fast", "default", "high"}
        Spent on convolutions, see `conv_norm`.
    known : mutable mapping, optional
        Norms of weights that another call has computed, of this network or one with records in common; filled.

    Returns
    -------
    dict of str to float
        In real arithmetic on the stored weights, rounded up; infinity where products overflow.

    Raises
    ------
    ValueError
        For another radius or effort, a name that the graph lacks, a graph without values.
    UnsupportedLayerError
        If a layer has no rule.

    Notes
    -----
    ``||f(x)|| <= gain ||x|| + ||f(0)||``, a bias counted at every position, ``sqrt(positions) ||b||``; sums add, a
    concatenation takes the root of the sum of squares. A weight layer and the scales and shifts behind it count as one
    map, and ``||relu(K x + b)|| <= ||K|| ||x|| + ||max(b, 0)||``. Sigmoid, tanh, ReLU6 and softmax are bounded whatever
    they read. Cost: the norm of each weight on the way.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> graph = tp.extract(torch.nn.Sequential(torch.nn.ReLU(), torch.nn.AvgPool1d(4)), (1, 4))
    >>> prefix_norms(graph, 3.0)[graph.output] <= 1.5 + 1e-12
    True
    """
    require_values(graph, "prefix_norms")
    check_effort(effort)
    if not 0 <= radius < float("inf"):
        raise ValueError(f"radius must be at least 0 and finite, got {radius}")
    wanted = list(graph.shapes) if names is None else list(names)
    if unknown := [name for name in wanted if name not in graph.shapes]:
        raise ValueError(f"names must be tensors of the graph, got {unknown}; they are {list(graph.shapes)}")
    chains = affine_chains(graph)
    needed = set(wanted)
    for layer in reversed(graph.layers):
        if layer.name in needed:
            chain = _chain_behind(layer, chains)
            needed.update((chain.source,) if chain else layer.inputs)
    known = {} if known is None else known  # a chain and its rectified form share one norm
    norms = {INPUT: float(radius)}
    for layer in graph.layers:
        if layer.name not in needed:
            continue
        chain = _chain_behind(layer, chains)
        shapes = [graph.shapes[name] for name in layer.inputs]
        if chain is None:
            size = joined(layer, layer_gain(layer, *shapes, effort=effort), [norms[name] for name in layer.inputs])
            size = up(size + norm_at_zero(layer, *shapes), terms=2)
        else:
            offset = chain_offset(chain, graph.shapes, rectified=chain.target != layer.name)
            gain = chain_gain(chain, graph.shapes, effort, known)
            size = up(times_up(gain, norms[chain.source]) + offset, terms=2)
        norms[layer.name] = min(size, norm_at_most(layer, *shapes))
    return {name: norms[name] for name in wanted}


def _chain_behind(layer: Layer, chains: dict[str, Chain]) -> Chain | None:
    """The chain that ends at a record, or that it rectifies."""
    if layer.name in chains:
        return chains[layer.name]
    return chains.get(layer.inputs[0]) if isinstance(layer, ReLU) else None
