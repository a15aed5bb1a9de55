"""The checker of reductions: the coresets applied again, every certificate by another route, every count anew."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from theoryprune.bounds import is_telescope
from theoryprune.coresets.apply import applied
from theoryprune.coresets.certify_network import network_blocks, why_no_bound
from theoryprune.coresets.count_checks import wrong_counts, wrong_widths
from theoryprune.coresets.group_checks import wrong_certificate
from theoryprune.coresets.hidden import Hidden
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.coresets.reduction import Reduction
from theoryprune.errors import LayerCollapseError
from theoryprune.geometry import Verdict
from theoryprune.geometry.verdict import confirmed, refuted
from theoryprune.graph.compact import refuse_collapse
from theoryprune.graph.hashing import graph_sha256
from theoryprune.graph.joins import find_joins
from theoryprune.types import WeightGraph


def is_reduction(reduction: Reduction, *, tol: float = 1e-8) -> Verdict:
    """Check a reduction against the network it was made of.

    Parameters
    ----------
    reduction : Reduction
    tol : float
        Of `is_layer_certificate` and `is_conv_certificate`.

    Returns
    -------
    Verdict
        Its value is how many layer certificates were checked. It holds if the coresets, applied to
        ``reduction.before`` one after the other in their order, give ``reduction.graph`` bit for bit; the certificate
        of every group follows from layer certificates that hold for the networks just before and after, and the bound
        of the output, if there is one, from them; widths, cost and budget are as stated; and some input reaches an
        output.

    Raises
    ------
    TypeError, ValueError
        If the graphs are none, or hold no values.

    Notes
    -----
    Layer certificates are checked by other means than they were made by. What is stated without certificate is not
    checked, for nothing is stated: a group whose certificate was taken out passes. How good the choice of units is, and
    the error of the curve, are no claims of a reduction either. Cost: that of the checkers.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> from theoryprune.coresets import reduce
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    >>> bool(is_reduction(reduce(tp.extract(net, (4,)), 0.5)))
    True
    """
    groups = hidden_groups(reduction.before)
    if problem := wrong_widths(reduction, groups):
        return refuted(problem)
    known = {hidden.group.name: hidden for hidden in groups}
    proofs = {row.group: row.certificate for row in reduction.layers}
    networks = [reduction.before]
    for name, coreset in reduction.coresets.items():
        try:
            networks.append(applied(networks[-1], known[name], coreset))
        except (ValueError, TypeError, IndexError) as error:
            return refuted(f"'{name}': the coreset does not fit the group ({error})")
        before, after = networks[-2:]
        if problem := wrong_certificate(proofs[name], before, after, known[name], coreset, tol):
            return refuted(f"'{name}': {problem}")
    for name in known.keys() - reduction.coresets.keys():
        if problem := wrong_certificate(proofs[name], reduction.before, reduction.graph, known[name], None, tol):
            return refuted(f"'{name}': {problem}")
    if graph_sha256(networks[-1]) != graph_sha256(reduction.graph):
        return refuted("the graph is not what the coresets make of the network before")
    if problem := _wrong_end(reduction, networks, groups):
        return refuted(f"end to end: {problem}")
    if problem := wrong_counts(reduction):
        return refuted(problem)
    try:
        refuse_collapse(reduction.small, find_joins(reduction.small), "reduction", "Reduce it again")
    except LayerCollapseError as error:
        return refuted(str(error))
    checked = sum(len(proof.parts) for proof in proofs.values())
    proved = "every certificate holds" if checked else "no group has a certificate to check"
    return confirmed(f"the graph is what the coresets make, {proved}, every count is right", checked)


def _wrong_end(reduction: Reduction, networks: Sequence[WeightGraph], groups: tuple[Hidden, ...]) -> str:
    """What is not so of the bound of the output, empty if nothing."""
    stated = reduction.end_to_end
    if stated is None:
        return ""
    proofs = {row.group: row.certificate for row in reduction.layers}
    if why_no_bound(groups, reduction.coresets, proofs):
        return "a group that lost channels has no certificate"
    blocks = network_blocks(reduction.before, groups, reduction.coresets, proofs)
    if [term.block for term in stated.terms] != list(chain(*blocks)):
        return "its rows are not the certificates of the groups"
    if stated.radius is None:
        return "it names no ball"
    efforts = [part.effort for proof in proofs.values() for part in proof.parts]
    found = is_telescope(stated, networks, blocks, effort=efforts[0] if efforts else "high")
    return "" if found else found.reason
