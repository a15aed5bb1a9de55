"""The error of a reduced network at its output, from the certificates of its groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from theoryprune.bounds import BlockError, ConvCertificate, EndToEnd, block_error, end_to_end
from theoryprune.bounds.gains import Effort
from theoryprune.coresets.group_certificate import GroupCertificate, root_of_squares
from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.coresets.hidden import Hidden
from theoryprune.types import WeightGraph

SHALLOW = 4
"""Weight layers up to which networks are certified to the output by default: beyond, products of norms say nothing."""


def certify_network(
    before: WeightGraph,
    after: WeightGraph,
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
    before, after : WeightGraph
        The network, and the reduced one of the same shape.
    groups : sequence of Hidden
    coresets : mapping of str to GroupCoreset
        Applied in this order, from the input to the output.
    proofs : mapping of str to GroupCertificate
    radius, effort, seed
        As for `theoryprune.bounds.end_to_end`.

    Returns
    -------
    EndToEnd or None
        None where some group that lost channels has no certificate, or both streams and other groups lost some.

    Notes
    -----
    Each certificate is of the rows as earlier groups left them and of the outgoing weights of the original network,
    which is what `end_to_end` adds up. Merged streams come with a row for each producer, of the gain of what is left
    of its rows, and for each reader, of what its columns differ from the exact fold: all of them act on tensors of the
    reduced network. That is so only while no group inside the blocks is reduced after the stream: a producer then
    reads a tensor with channels that the reduced network no longer has.
    """
    blocks = network_blocks(before, groups, coresets, proofs)
    return None if blocks is None else end_to_end(before, after, blocks, radius=radius, effort=effort, seed=seed)


def network_blocks(
    before: WeightGraph,
    groups: Sequence[Hidden],
    coresets: Mapping[str, GroupCoreset],
    proofs: Mapping[str, GroupCertificate],
) -> list[BlockError] | None:
    """Return the certificates of all reduced groups as blocks of the network, or None if one has none."""
    blocks: list[BlockError] = []
    reduced = [hidden for hidden in groups if hidden.group.name in coresets]
    merged = [hidden.stream for hidden in reduced]
    if any(merged) and not all(merged):
        return None
    for hidden in reduced:
        proof = proofs[hidden.group.name]
        if hidden.stream and proof.stream:
            blocks += proof.stream
        elif hidden.stream or proof.best is None:
            return None
        else:
            blocks.append(_block(before, hidden, proof))
    return blocks


def _block(graph: WeightGraph, hidden: Hidden, proof: GroupCertificate) -> BlockError:
    name, ends = hidden.group.name, tuple(consumer.layer for consumer in hidden.consumers)
    # A tensor that several producers read counts as often: their rows lie side by side.
    starts = tuple(graph.by_name[producer].inputs[0] for producer in hidden.producers)
    rows = []
    for part in proof.parts:
        if isinstance(part, ConvCertificate):
            rows.append(BlockError(name, starts, ends, part.best, part.constant))
        else:
            rows.append(block_error(name, part, starts, ends))
    if len(rows) == 1:
        return rows[0]
    gain, constant = root_of_squares([row.gain for row in rows]), root_of_squares([row.constant for row in rows])
    return BlockError(name, starts, ends, gain, constant)
