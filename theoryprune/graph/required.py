"""Channels that operators cannot do without: at least one to read, and equally many in each group."""

from __future__ import annotations

from theoryprune.graph.channels import ChannelMap
from theoryprune.layers import Channels, Concat, Conv, Layer
from theoryprune.types import WeightGraph


def with_required(graph: WeightGraph, chart: ChannelMap, keep: Channels) -> Channels:
    """Return a bool array over atoms: those in `keep`, and those that the operators cannot do without."""
    keep = keep.copy()
    while missing := [atom for layer in graph.layers for atom in required(layer, chart, keep)]:
        keep[missing] = True
    return keep


def required(layer: Layer, chart: ChannelMap, keep: Channels) -> list[int]:
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
        counts = keep[atoms].sum(1)
        most = counts.max(initial=1)
        for row, count in zip(atoms[counts < most], counts[counts < most], strict=True):
            wanted += row[~keep[row]][: most - count].tolist()
    return wanted
