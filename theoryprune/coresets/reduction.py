"""What `reduce` returns: the smaller network, how it was chosen, and what is certain of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from theoryprune.bounds import EndToEnd
from theoryprune.coresets.allocation import Path
from theoryprune.coresets.certify_network import why_no_bound
from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.coresets.plan import Plan
from theoryprune.coresets.reduced_group import ReducedGroup
from theoryprune.graph.remove import remove_channels
from theoryprune.types import WeightGraph


def small_network(graph: WeightGraph, coresets: Mapping[str, GroupCoreset]) -> WeightGraph:
    """Return a reduced network without its pruned channels."""
    return remove_channels(graph, {name: coreset.kept for name, coreset in coresets.items()})


@dataclass(frozen=True, eq=False, repr=False)
class Reduction:
    """A network reduced to a budget.

    Parameters
    ----------
    graph : WeightGraph
        Of the same shape, with silent channels: `small` is without them.
    before : WeightGraph
    coresets : mapping of str to GroupCoreset
        Of every group that lost channels, by name, in the order in which they were applied.
    plan : Plan
        Its ``explain()`` says why every group kept what it kept.
    end_to_end : EndToEnd or None
        A bound of the change of the network's output; None where `unbounded` says why.
    """

    graph: WeightGraph
    before: WeightGraph
    coresets: Mapping[str, GroupCoreset]
    plan: Plan
    end_to_end: EndToEnd | None = None

    @cached_property
    def small(self) -> WeightGraph:
        """The reduced network without the channels that were pruned (`remove_channels`): it computes the same.

        `spent` is what it costs. `compact` may take out more from it, where the network held channels without effect.
        """
        return small_network(self.graph, self.coresets)

    @cached_property
    def unbounded(self) -> str:
        """Why the change of the output has no bound, empty if it has one."""
        if self.end_to_end is not None:
            return ""
        proofs = {row.group: row.certificate for row in self.layers}
        found = why_no_bound(hidden_groups(self.before), self.coresets, proofs)
        return found or "end_to_end=True asks for it"

    @property
    def layers(self) -> tuple[ReducedGroup, ...]:
        """A row for every removable group, with its certificate."""
        return self.plan.layers

    @property
    def widths(self) -> dict[str, int]:
        """Channels kept, of every removable group."""
        return {row.group: row.after for row in self.layers}

    @property
    def method(self) -> str:
        """Name of the construction."""
        return self.plan.method

    @property
    def spent(self) -> int:
        """What `small` costs."""
        return self.plan.spent

    @property
    def total(self) -> int:
        """What the dense network costs."""
        return self.plan.total

    @property
    def curve(self) -> Path | None:
        """The whole curve of error versus size on which the budget was met; None where widths were given."""
        return self.plan.allocation.path if self.plan.allocation else None

    def __repr__(self) -> str:
        """Say what was done and what it costs."""
        share = f"{self.spent:,} of {self.total:,} {self.plan.quantity}"
        return f"Reduction({self.method}, {len(self.coresets)} of {len(self.layers)} groups, {share})"
