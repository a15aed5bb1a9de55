"""Compaction: the same function from smaller tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch
from torch import Tensor

from theoryprune.errors import LayerCollapseError
from theoryprune.graph.channels import channel_map
from theoryprune.graph.constants import Constants, constant_part, find_constants
from theoryprune.graph.evaluate import require_values
from theoryprune.graph.joins import Joins, find_joins
from theoryprune.graph.needs import find_needs
from theoryprune.graph.origins import with_origin
from theoryprune.graph.reach import reached
from theoryprune.graph.required import with_required
from theoryprune.graph.selection import Selection
from theoryprune.graph.simplify import drop_constant_branches
from theoryprune.layers import Add, Channels, Layer, WeightLayer
from theoryprune.types import INPUT, WeightGraph


def compact(graph: WeightGraph) -> WeightGraph:
    """Remove every channel that the output does not depend on.

    Parameters
    ----------
    graph : WeightGraph
        Usually after `apply_mask`: its zeros decide. Input and output channels of the network always stay.

    Returns
    -------
    WeightGraph
        Computes the same function from smaller tensors; the same layer names. ``compact(compact(g))`` changes nothing.
        Its `origin` says where the entries of each tensor were.

    Raises
    ------
    LayerCollapseError
        If no input reaches an output over non-zero weights; the error names the last layer that lets nothing through.

    Notes
    -----
    *Theorem.* Let every removed channel be (a) read with zero weights only, or only by channels removed or unread
    themselves; or (b) constant over inputs and positions, and read by layers without zero padding, whose biases take
    up its contribution; or (c) constantly zero. Then the network's output is the same function, in real arithmetic.
    *Proof.* By induction along the graph each kept and needed channel has the value it had: a weight layer loses terms
    that are zero (a, c) or moves them into its bias (b); every other layer but softmax acts channel by channel, and
    softmax reads outputs, which all stay. In floating point sums are taken in another order, so outputs agree to
    rounding.

    Three things stay although nothing of the input passes through them: a constant channel other than 0 that a
    zero-padded convolution reads, since its border differs; a channel tied to one that is needed; and one channel
    where a layer would be left with none. An addend that is constant as a whole becomes a `Shift`, or vanishes.
    Grouped convolutions keep equally many channels in each surviving group.

    Cost: one pass over the weights and one copy of what is kept; records of which everything stays are not copied.
    """
    require_values(graph, "compact")
    joins = find_joins(graph)
    refuse_collapse(graph, joins)
    graph = with_origin(graph)
    plan = _plan(graph, joins)
    while True:  # a removed channel can leave an addend constant as a whole, and so on
        smaller = plan.carry_out(joins)
        if plan.is_last() or _size(smaller) == _size(graph):
            return smaller
        joins = plan.left_of(joins)
        graph, plan = smaller, _plan(smaller, joins)
        if plan.graph is graph and plan.selection.keep.all():
            return graph


def _size(graph: WeightGraph) -> tuple[int, int]:
    return len(graph.layers), sum(tensor.numel() for layer in graph.layers for _, tensor in layer.tensors())


def compact_once(graph: WeightGraph, joins: Mapping[str, Joins]) -> WeightGraph:
    """Remove the channels that the output does not depend on as the graph stands, in a network with a living path.

    What that leaves constant as a whole may let more of them go: `compact` repeats it.
    """
    return _plan(graph, joins).carry_out(joins)


def refuse_collapse(
    graph: WeightGraph,
    joins: Mapping[str, Joins],
    caller: str = "compact",
    remedy: str = "Prune to a higher density",
) -> None:
    """Raise `LayerCollapseError` if no input reaches an output, with who found it and what helps."""
    alive = reached(graph, joins)
    if not alive[graph.output].any():
        cut = (layer for layer in reversed(graph.layers) if any(bool(alive[name].any()) for name in layer.inputs))
        stopped = next(layer.name for layer in cut if not alive[layer.name].any())
        raise LayerCollapseError(
            f"{caller}: no input reaches the output; '{stopped}' is the last layer that lets nothing through. {remedy}",
            layers=(stopped,),
        )


@dataclass(frozen=True, eq=False)
class _Plan:
    """A graph without its constant branches, what is known of its channels, which are needed and which stay."""

    graph: WeightGraph
    known: Mapping[str, Constants]
    needed: Mapping[str, Tensor]
    selection: Selection

    def carry_out(self, joins: Mapping[str, Joins]) -> WeightGraph:
        """Return the smaller graph, with the removed constants in the biases."""
        folded = tuple(self._folded(layer, joins) for layer in self.graph.layers)
        return self.selection.of(replace(self.graph, layers=folded))

    def is_last(self) -> bool:
        """Whether it is clear that nothing can go from the smaller graph.

        If every channel that stays is needed, those that went gave it nothing, or a constant that a bias took up. Which
        channels are constant, and which are needed, is then as it was. Only an addend of which all that varied has gone
        can still be dropped. (The network's inputs stay, needed or not.)
        """
        stay = {name: torch.from_numpy(self.selection.kept(name)) for name in self.graph.shapes}
        if any(name != INPUT and (kept & ~self.needed[name].cpu()).any() for name, kept in stay.items()):
            return False
        varying = {name: bool((kept & self.known[name].varying.cpu()).any()) for name, kept in stay.items()}
        adds = (layer.inputs for layer in self.graph.layers if isinstance(layer, Add))
        return all(varying[first] == varying[second] for first, second in adds)

    def left_of(self, joins: Mapping[str, Joins]) -> dict[str, Joins]:
        """Return the joins of the smaller graph."""
        left = (layer for layer in self.graph.weight_layers.values() if self.selection.stays(layer.name))
        places = {layer.name: self.selection.places(layer) for layer in left}
        return {name: joins[name].select(out, ins[0]) for name, (out, ins) in places.items()}

    def _folded(self, layer: Layer, joins: Mapping[str, Joins]) -> Layer:
        if not isinstance(layer, WeightLayer) or not self.selection.stays(layer.name):
            return layer
        source = layer.inputs[0]
        return _fold(layer, self.selection.kept(source), self.known[source], joins[layer.name])


def _plan(graph: WeightGraph, joins: Mapping[str, Joins]) -> _Plan:
    known = find_constants(graph, joins)
    graph = drop_constant_branches(graph, known)  # the tensors that stay have the values they had
    known = known if known.keys() >= graph.shapes.keys() else find_constants(graph, joins)
    chart = channel_map(graph)
    needed = find_needs(graph, known, joins)
    keep = np.zeros(chart.count, dtype=bool)
    for name, channels in needed.items():
        keep[chart.atoms[name][channels.cpu().numpy()]] = True
    for name in (INPUT, graph.output):
        keep[chart.atoms[name]] = True
    return _Plan(graph, known, needed, Selection(chart, with_required(graph, chart, keep)))


def _fold(layer: WeightLayer, kept: Channels, known: Constants, joins: Joins) -> WeightLayer:
    """Move what the removed inputs contribute as constants into the bias."""
    removed = ~torch.from_numpy(cast("np.ndarray", kept)).to(known.value.device)
    extra = constant_part(layer, torch.where(removed, known.value, 0.0), joins)
    if not extra.any():
        return layer
    base = 0.0 if layer.bias is None else layer.bias.to(torch.float64)
    bias = (base + extra).to(layer.weight.dtype)
    return replace(layer, bias=bias, names={**layer.names, "bias": layer.bias_name})
