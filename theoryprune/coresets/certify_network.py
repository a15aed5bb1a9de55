"""The error of a reduced network at its output, from the certificates of its groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from theoryprune.bounds import BlockError, ConvCertificate, EndToEnd, block_error, telescope
from theoryprune.bounds.effort import Effort
from theoryprune.coresets.group_certificate import GroupCertificate
from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.coresets.hidden import Hidden, sums_of
from theoryprune.types import WeightGraph

SHALLOW = 4
"""Weight layers up to which networks are certified to the output by default: beyond, products of norms say nothing."""


def certify_network(
    networks: Sequence[WeightGraph],
    groups: Sequence[Hidden],
    coresets: Mapping[str, GroupCoreset],
    proofs: Mapping[str, GroupCertificate],
    *,
    radius: float = 1.0,
    effort: Effort = "default",
    seed: int = 0,
) -> EndToEnd | None:
    """Bound the change of the network's output, for every input of norm at most `radius`.

    Parameters
    ----------
    networks : sequence of WeightGraph
        The network, and what it was after each coreset.
    groups : sequence of Hidden
    coresets : mapping of str to GroupCoreset
        In the order in which they were applied.
    proofs : mapping of str to GroupCertificate
        Each of the networks just before and just after its coreset.
    radius, effort, seed
        As for `theoryprune.bounds.telescope`.

    Returns
    -------
    EndToEnd or None
        None if `why_no_bound` says why.

    Notes
    -----
    The change is at most the sum of those of the single coresets, and each certificate is about just the two networks
    that `telescope` wants it to be about: streams and groups inside blocks may come in any order. Streams that are
    read through norms (before the activation) have a certificate for each reading. Theirs are rows too: what producers
    read is the same with all units and with those kept, since none of them reads the channels that it writes.
    """
    if why_no_bound(groups, coresets, proofs):
        return None
    rows = network_blocks(networks[0], groups, coresets, proofs)
    return telescope(networks, rows, radius=radius, effort=effort, seed=seed)


def why_no_bound(
    groups: Sequence[Hidden], coresets: Mapping[str, GroupCoreset], proofs: Mapping[str, GroupCertificate]
) -> str:
    """Return why the change of the output has no bound, empty if it has one.

    Parameters
    ----------
    groups, coresets, proofs
        As for `certify_network`.
    """
    for hidden in groups:
        name, proof = hidden.group.name, proofs.get(hidden.group.name)
        if name not in coresets or proof is None or proof.stream:
            continue
        if proof.best is None:
            return f"nothing is proved of '{name}': {proof.note}"
        # Its rows are made of old outgoing weights, which the network after has not.
        if both := [consumer.layer for consumer in hidden.consumers if consumer.layer in hidden.producers]:
            return f"nothing is proved of '{name}' at the output: '{both[0]}' both reads and writes it"
    return ""


def network_blocks(
    graph: WeightGraph,
    groups: Sequence[Hidden],
    coresets: Mapping[str, GroupCoreset],
    proofs: Mapping[str, GroupCertificate],
) -> tuple[tuple[BlockError, ...], ...]:
    """Return the rows of every coreset, in their order.

    Parameters
    ----------
    graph : WeightGraph
        The network, or one of the same shape.
    groups, coresets, proofs
        As for `certify_network`, without objections of `why_no_bound`.

    Returns
    -------
    tuple of tuple of BlockError
        One for each certificate of a layer: what the producers of its reading read, and where its error arises.
    """
    known = {hidden.group.name: hidden for hidden in groups}
    return tuple(proofs[name].stream or _rows(graph, known[name], proofs[name]) for name in coresets)


def _rows(graph: WeightGraph, hidden: Hidden, proof: GroupCertificate) -> tuple[BlockError, ...]:
    parts, rows = iter(proof.parts), []
    for reading in hidden.readings:
        # A tensor that several producers read counts as often: their rows lie side by side.
        producers = [name for part in sums_of(reading) for name, _ in part.terms if name]
        starts = tuple(graph.by_name[name].inputs[0] for name in producers)
        ends = [consumer.layer for consumer in reading]
        while ends:
            part = next(parts)
            several = 1 if isinstance(part, ConvCertificate) else len(ends)
            rows.append(block_error(hidden.group.name, part, starts, tuple(ends[:several])))
            ends = ends[several:]
    return tuple(rows)
