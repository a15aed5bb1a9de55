"""What a network costs, counted on its tensors."""

from __future__ import annotations

from collections.abc import Iterable

from theoryprune.measures import macs, size
from theoryprune.types import WeightGraph


def spent(graph: WeightGraph, quantity: str, widths: Iterable[int]) -> int:
    """Return the parameters, multiply-accumulates or channels of a network.

    Parameters
    ----------
    graph : WeightGraph
    quantity : {"params", "macs", "channels"}
    widths : iterable of int
        Those of its channel groups; ``"channels"`` adds them up.
    """
    if quantity == "channels":
        return sum(widths)
    return size(graph).total if quantity == "params" else macs(graph)
