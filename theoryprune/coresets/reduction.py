"""What `reduce` returns: the smaller network, how it was chosen, and what is certain of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from theoryprune.coresets.group_certificate import GroupCertificate
from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.types import WeightGraph


@dataclass(frozen=True, eq=False)
class ReducedGroup:
    """One channel group before and after.

    Parameters
    ----------
    group : str
        Its name: the first layer that writes it.
    kind : str
        ``"dense"``, ``"convolution"``, ``"stream"`` or ``"depthwise"``.
    before, after : int
        Channels.
    method : str
        What chose: the name of the construction; ``"selection"`` where units stand for none but themselves.
    note : str
        Why it is whole, or why units are only selected; empty if neither.
    certificate : GroupCertificate
    """

    group: str
    kind: str
    before: int
    after: int
    method: str
    note: str
    certificate: GroupCertificate


@dataclass(frozen=True, eq=False)
class Reduction:
    """A network reduced to a budget.

    Parameters
    ----------
    graph : WeightGraph
        Of the same shape, with silent channels: `compact` makes it smaller and computes the same.
    before : WeightGraph
    coresets : mapping of str to GroupCoreset
        Of every group that lost channels, by name, in the order in which they were applied.
    layers : tuple of ReducedGroup
        A row for every removable group, with its certificate.
    widths : mapping of str to int
        Channels kept, of every removable group.
    method : str
        Name of the construction.
    """

    graph: WeightGraph
    before: WeightGraph
    coresets: Mapping[str, GroupCoreset]
    layers: tuple[ReducedGroup, ...]
    widths: Mapping[str, int]
    method: str
