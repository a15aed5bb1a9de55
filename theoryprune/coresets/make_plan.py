"""The rows and the plan of a reduction."""

from __future__ import annotations

from collections.abc import Mapping

from theoryprune.coresets.choose import Construction
from theoryprune.coresets.divide import Division
from theoryprune.coresets.group_certificate import GroupCertificate
from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.coresets.hidden import Hidden
from theoryprune.coresets.plan import Plan
from theoryprune.coresets.reduced_group import ReducedGroup
from theoryprune.coresets.spent import spent
from theoryprune.layers import Linear
from theoryprune.types import ReadOnly, WeightGraph


def reduced_group(
    graph: WeightGraph,
    hidden: Hidden,
    coresets: Mapping[str, GroupCoreset],
    proofs: Mapping[str, GroupCertificate],
    notes: Mapping[str, str],
) -> ReducedGroup:
    """Return the row of a group.

    Parameters
    ----------
    graph : WeightGraph
    hidden : Hidden
    coresets : mapping of str to GroupCoreset
        Of the groups that lost channels.
    proofs : mapping of str to GroupCertificate
        Of all groups.
    notes : mapping of str to str
        Why groups are whole that could not lose any.
    """
    name = hidden.group.name
    coreset, proof, kind = coresets.get(name), proofs[name], kind_of(graph, hidden)
    if coreset is None:
        return ReducedGroup(name, kind, hidden.units, hidden.units, "", notes.get(name, ""), proof)
    method = method_of(hidden, coreset)
    return ReducedGroup(name, kind, hidden.units, coreset.width, method, hidden.reason, proof, coreset.corrected)


def method_of(hidden: Hidden, coreset: GroupCoreset | None) -> str:
    """Return what was done with a group in a word; empty if nothing."""
    if coreset is None:
        return ""
    return "selection" if hidden.law == "none" else coreset.readings[0].method


def kind_of(graph: WeightGraph, hidden: Hidden) -> str:
    """Return what kind of group it is in a word."""
    if hidden.stream:
        return "stream"
    if hidden.reason.startswith("depthwise"):
        return "depthwise"
    return "dense" if all(isinstance(graph.by_name[name], Linear) for name in hidden.producers) else "convolution"


def make_plan(
    graph: WeightGraph,
    small: WeightGraph,
    rows: tuple[ReducedGroup, ...],
    method: Construction,
    division: Division | None,
) -> Plan:
    """Return the plan, with the cost that was reached.

    Parameters
    ----------
    graph, small : WeightGraph
        Before, and without the pruned channels.
    rows : tuple of ReducedGroup
    method : callable
    division : Division or None

    Notes
    -----
    What is counted are the tensors of `small`, with the biases that the shifts of batch norms brought. Where channels
    of a group are not alike (shortcuts of option A), those kept are counted, not those that the budget was divided by.
    """
    quantity = division.allocation.quantity if division else "params"
    after = spent(small, quantity, [row.after for row in rows])
    total = spent(graph, quantity, [row.before for row in rows])
    allocation = division.allocation if division else None
    weighting, weights = (division.weighting, division.weights) if division else ("", {})
    return Plan(rows, method_name(method), after, total, quantity, allocation, weighting, ReadOnly(weights))


def method_name(method: Construction) -> str:
    """Return the name of a construction, or of the one inside a `functools.partial`."""
    return str(getattr(getattr(method, "func", method), "__name__", "method"))
