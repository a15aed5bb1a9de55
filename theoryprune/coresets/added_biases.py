"""The biases that consumers get when the shift of a batch norm goes into them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache

from theoryprune.coresets.hidden import Hidden
from theoryprune.layers import WeightLayer
from theoryprune.measures import WidthCost, width_cost
from theoryprune.types import WeightGraph


def added_biases(
    graph: WeightGraph,
    groups: Sequence[Hidden],
    orders: Mapping[str, Sequence[int]] | None = None,
    *,
    corrected: Collection[str] = (),
) -> Callable[[Mapping[str, int]], int]:
    """Return a function that counts the parameters which `applied` adds, by the widths of groups.

    Parameters
    ----------
    graph : WeightGraph
    groups : sequence of Hidden
        Those that may lose channels.
    orders : mapping of str to sequence of int, optional
        As for `width_cost`.
    corrected : collection of str
        Groups of which the means of what is lost go into biases too.

    Returns
    -------
    callable
        From a mapping of group names to widths to an int.

    Notes
    -----
    Where a batch norm follows the activation, the shifts of the channels that go are put into the biases of their
    consumers; of `corrected` groups their means, where they are told. A consumer without a bias gets one, as soon as
    the group loses a channel. Cost: a `width_cost` for each set of such consumers that is met, and for each call that
    of two counts.
    """
    gains = {
        hidden.group.name: (hidden.units, _without_bias(graph, hidden, hidden.group.name in corrected))
        for hidden in groups
    }

    @cache
    def cost(layers: frozenset[str]) -> WidthCost:
        return width_cost(_with_biases(graph, layers), "params", orders)

    def added(widths: Mapping[str, int]) -> int:
        lost = [layers for name, (units, layers) in gains.items() if widths.get(name, units) < units]
        layers = frozenset[str]().union(*lost)
        return cost(layers).of(widths) - cost(frozenset()).of(widths) if layers else 0

    return added


def _without_bias(graph: WeightGraph, hidden: Hidden, corrected: bool) -> frozenset[str]:
    """Return the consumers that get a bias."""
    shifted = {
        consumer.layer
        for consumer in hidden.consumers
        if consumer.units.offset.any() or (corrected and consumer.units.told is not None)
    }
    return frozenset(
        layer.name for layer in graph.weight_layers.values() if layer.name in shifted and layer.bias is None
    )


def _with_biases(graph: WeightGraph, names: frozenset[str]) -> WeightGraph:
    def given(layer: WeightLayer) -> WeightLayer:
        zeros = layer.weight.new_zeros(layer.weight.shape[0])
        return replace(layer, bias=zeros, names={**layer.names, "bias": layer.bias_name})

    changed = {layer.name: given(layer) for layer in graph.weight_layers.values() if layer.name in names}
    return replace(graph, layers=tuple(changed.get(layer.name, layer) for layer in graph.layers))
