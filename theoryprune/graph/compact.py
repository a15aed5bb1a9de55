"""Compaction: the same function from smaller tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import numpy as np
import torch
from torch import Tensor

from theoryprune.errors import LayerCollapseError
from theoryprune.graph.channels import ChannelMap, channel_map
from theoryprune.graph.constants import Constants, constant_part, find_constants
from theoryprune.graph.evaluate import require_values
from theoryprune.graph.needs import find_needs
from theoryprune.graph.origins import compose, moved, with_origin
from theoryprune.graph.reach import sweep
from theoryprune.graph.simplify import drop_constant_branches, drop_unread
from theoryprune.layers import Channels, Concat, Conv, Layer, WeightLayer
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

    Cost: two sweeps over the weights and one copy of what is kept.
    """
    require_values(graph, "compact")
    refuse_collapse(graph)
    graph = with_origin(graph)
    while True:  # a removed channel can leave an addend constant as a whole, and so on
        smaller = compact_once(graph)
        if _size(smaller) == _size(graph):
            return smaller
        graph = smaller


def _size(graph: WeightGraph) -> tuple[int, int]:
    return len(graph.layers), sum(tensor.numel() for layer in graph.layers for _, tensor in layer.tensors())


def compact_once(graph: WeightGraph) -> WeightGraph:
    """Remove the channels that the output does not depend on as the graph stands, in a network with a living path.

    What that leaves constant as a whole may let more of them go: `compact` repeats it.
    """
    known = find_constants(graph)
    graph = drop_constant_branches(graph, known)  # the tensors that stay have the values they had
    known = known if known.keys() >= graph.shapes.keys() else find_constants(graph)
    chart = channel_map(graph)
    keep = _kept_atoms(graph, chart, find_needs(graph, known))
    left = [layer for layer in graph.layers if keep[chart.atoms[layer.name]].any()]
    smaller = drop_unread(replace(graph, layers=tuple(_select(layer, chart, keep, known) for layer in left)))
    if graph.origin is None:
        return smaller
    steps = {
        name: step
        for layer in left
        if layer.name in smaller.by_name
        for name, step in moved(layer, *_places(layer, chart, keep)).items()
    }
    return replace(smaller, origin=compose(graph.origin, steps))


def refuse_collapse(graph: WeightGraph) -> None:
    """Raise `LayerCollapseError` if no input reaches an output."""
    alive = sweep(graph).from_input
    if not alive[graph.output].any():
        cut = (layer for layer in reversed(graph.layers) if any(bool(alive[name].any()) for name in layer.inputs))
        stopped = next(layer.name for layer in cut if not alive[layer.name].any())
        raise LayerCollapseError(
            f"compact: no input reaches the output; '{stopped}' is the last layer that lets nothing through. Prune to "
            "a higher density",
            layers=(stopped,),
        )


def _kept_atoms(graph: WeightGraph, chart: ChannelMap, needed: Mapping[str, Tensor]) -> Channels:
    """Return a bool array over atoms: those needed somewhere, and those that the operators cannot do without."""
    keep = np.zeros(chart.count, dtype=bool)
    for name, channels in needed.items():
        keep[chart.atoms[name][channels.cpu().numpy()]] = True
    keep[chart.atoms[INPUT]] = True
    keep[chart.atoms[graph.output]] = True
    while True:
        missing = [atom for layer in graph.layers for atom in _required(layer, chart, keep)]
        if not missing:
            return keep
        keep[missing] = True


def _required(layer: Layer, chart: ChannelMap, keep: Channels) -> list[int]:
    """Return removed atoms that a layer needs to stay an operator: one channel at least, equal groups."""
    out, ins = chart.atoms[layer.name], chart.of_inputs(layer)
    if not keep[out].any() or isinstance(layer, Concat):
        return []
    empty = [int(atoms[0]) for atoms in ins if not keep[atoms].any()]
    if isinstance(layer, Conv) and layer.groups > 1 and not empty:
        return _uneven(out.reshape(layer.groups, -1), ins[0].reshape(layer.groups, -1), keep)
    return empty


def _uneven(out: Channels, ins: Channels, keep: Channels) -> list[int]:
    """Return the atoms to put back so that the surviving groups have equally many outputs, and inputs, each."""
    alive = keep[out].any(1) | keep[ins].any(1)
    wanted: list[int] = []
    for atoms in (out[alive], ins[alive]):
        most = int(keep[atoms].sum(1).max(initial=1))
        for row in atoms:
            lost = row[~keep[row]]
            wanted += lost[: max(0, most - int(keep[row].sum()))].tolist()
    return wanted


def _select(layer: Layer, chart: ChannelMap, keep: Channels, known: Mapping[str, Constants]) -> Layer:
    """Return a record without its removed channels, their constants folded into the bias."""
    ins = chart.of_inputs(layer)
    if isinstance(layer, Concat):
        live = [i for i, atoms in enumerate(ins) if keep[atoms].any()]
        layer, ins = replace(layer, inputs=tuple(layer.inputs[i] for i in live)), [ins[i] for i in live]
    if isinstance(layer, WeightLayer):
        layer = _fold(layer, keep[ins[0]], known[layer.inputs[0]])
    return layer.select(_positions(chart.atoms[layer.name], keep), *(_positions(atoms, keep) for atoms in ins))


def _places(layer: Layer, chart: ChannelMap, keep: Channels) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Return which outputs and inputs of a record stay."""
    return _positions(chart.atoms[layer.name], keep), tuple(_positions(a, keep) for a in chart.of_inputs(layer))


def _positions(atoms: Channels, keep: Channels) -> Tensor:
    return torch.from_numpy(np.flatnonzero(keep[atoms]))


def _fold(layer: WeightLayer, kept: Channels, known: Constants) -> WeightLayer:
    """Move what the removed inputs contribute as constants into the bias."""
    removed = ~torch.from_numpy(cast("np.ndarray", kept)).to(known.value.device)
    extra = constant_part(layer, torch.where(removed, known.value, 0.0))
    if not extra.any():
        return layer
    base = 0.0 if layer.bias is None else layer.bias.to(torch.float64)
    bias = (base + extra).to(layer.weight.dtype)
    return replace(layer, bias=bias, names={**layer.names, "bias": layer.bias_name})
