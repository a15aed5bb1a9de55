"""The flow as a minimum cut, found by a maximum-flow algorithm that knows nothing of how the flow was computed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Literal

import networkx as nx
import torch

from theoryprune.graph.plain_flow import Branch, PlainFlow
from theoryprune.layers import Concat, Flatten, Layer, Take, WeightLayer, ZeroPad
from theoryprune.types import INPUT

Method = Literal["channel graph", "operator graph"]
Node = tuple[str, int] | str
Edge = tuple[Node, Node, float]

SOURCE, SINK = "<source>", "<sink>"
_LARGEST = 20_000
"""Up to so many edges the channels are followed one by one."""


def min_cut(flow: PlainFlow, largest: int = _LARGEST) -> tuple[float, Method]:
    """Return the minimum cut between input and output, with the flow along every edge as its capacity.

    Parameters
    ----------
    flow : PlainFlow
    largest : int
        The most edges for which channels are nodes; beyond, the records are.

    Returns
    -------
    cut : float
        To be multiplied by ``2**flow.exponent``; equal to ``flow.total`` up to rounding.
    method : {"channel graph", "operator graph"}
        What the nodes were.

    Notes
    -----
    With its own flow as capacity every edge is full, so the maximum flow is R, and by max-flow min-cut (Ford and
    Fulkerson 1956) so is the minimum cut: the cut size of the survival theorem. A second, independent way to R: it
    checks conservation and the wiring. Edges that join the same two nodes add up; those that are not prunable keep
    their finite flow, for with infinite capacities a graph coarser than that of all units has only a larger cut.

    Cost: a preflow-push on the edges that carry flow; seconds for 20,000.
    """
    if flow.total <= 0:
        return 0.0, "channel graph"
    by_channel = _channel_graph(flow, largest)
    edges = _operator_graph(flow) if by_channel is None else by_channel
    capacities: dict[tuple[Node, Node], float] = defaultdict(float)
    for source, target, value in edges:
        capacities[source, target] += value / flow.total
    graph = nx.DiGraph()
    graph.add_nodes_from((SOURCE, SINK))
    graph.add_edges_from((source, target, {"capacity": value}) for (source, target), value in capacities.items())
    value = nx.maximum_flow_value(graph, SOURCE, SINK, flow_func=nx.algorithms.flow.preflow_push)
    return float(value) * flow.total, "operator graph" if by_channel is None else "channel graph"


def _channel_graph(flow: PlainFlow, largest: int) -> list[Edge] | None:
    """Return the edges between channels that carry flow, or None if they are too many."""
    pairs = (_summed(flow, layer).count_nonzero() for layer in flow.network.weight_layers.values())
    if sum(map(int, pairs)) > largest:
        return None
    edges: list[Edge] = []
    for found in _channel_edges(flow):
        edges.append(found)
        if len(edges) > largest:
            return None
    return edges


def _channel_edges(flow: PlainFlow) -> Iterator[Edge]:
    network = flow.network
    for branch in flow.branches:
        layer = network.by_name[branch.reader]
        if branch.source is None:
            yield from _from_offset(branch)
        elif isinstance(layer, WeightLayer):
            yield from _weights(layer, flow)
        else:
            yield from _moves(layer, branch, flow)
    yield from ((SOURCE, (INPUT, c), value) for c, value in _positive(flow.outputs[INPUT]))
    yield from (((network.output, c), SINK, value) for c, value in _positive(flow.outputs[network.output]))


def _from_offset(branch: Branch) -> Iterator[Edge]:
    yield from ((SOURCE, (branch.reader, c), value) for c, value in _positive(branch.flow))


def _weights(layer: WeightLayer, flow: PlainFlow) -> Iterator[Edge]:
    """Yield an edge per pair of channels, with the scores of all taps of its kernel added up."""
    summed = _summed(flow, layer)
    rows, columns = summed.nonzero(as_tuple=True)
    group = rows // (summed.shape[0] // layer.groups)
    sources = (columns + group * summed.shape[1]).tolist()
    for source, target, value in zip(sources, rows.tolist(), summed[rows, columns].tolist(), strict=True):
        yield (layer.inputs[0], source), (layer.name, target), value


def _summed(flow: PlainFlow, layer: WeightLayer) -> torch.Tensor:
    scores = flow.scores[layer.weight_name]
    return scores.flatten(2).sum(2) if scores.ndim > 2 else scores


def _moves(layer: Layer, branch: Branch, flow: PlainFlow) -> Iterator[Edge]:
    """Yield the edges of a layer that sends each channel, whole, to channels of its own."""
    source = branch.source or INPUT
    if isinstance(layer, Flatten | Take):  # one channel goes to several, so what arrives tells the edges apart
        for c, value in _positive(flow.outputs[layer.name]):
            yield (
                (source, c // layer.features if isinstance(layer, Flatten) else layer.index[c]),
                (layer.name, c),
                value,
            )
        return
    first = 0
    if isinstance(layer, Concat):
        first = sum(flow.network.shapes[name][0] for name in layer.inputs[: branch.place])
    elif isinstance(layer, ZeroPad):
        first = layer.pads[0][0]
    yield from (((source, c), (layer.name, first + c), value) for c, value in _positive(branch.flow))


def _positive(flow: torch.Tensor) -> Iterator[tuple[int, float]]:
    return ((c, value) for c, value in enumerate(flow.tolist()) if value > 0)


def _operator_graph(flow: PlainFlow) -> list[Edge]:
    """Return the edges between records, with all that flows along each."""
    total = float(flow.outputs[flow.network.output].sum())
    edges: list[Edge] = [(b.source or SOURCE, b.reader, float(b.flow.sum())) for b in flow.branches]
    return [*edges, (SOURCE, INPUT, float(flow.outputs[INPUT].sum())), (flow.network.output, SINK, total)]
