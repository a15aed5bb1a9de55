"""The checker of reductions: the coresets applied again, every certificate by another route, every count anew."""

from __future__ import annotations

import math

import numpy as np

from theoryprune.bounds import ConvCertificate, is_conv_certificate, is_end_to_end, is_layer_certificate
from theoryprune.coresets.apply import applied
from theoryprune.coresets.certify_group import compared_layers
from theoryprune.coresets.certify_network import network_blocks
from theoryprune.coresets.group_certificate import GroupCertificate
from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.coresets.hidden import Hidden
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.coresets.reduction import Reduction
from theoryprune.geometry import Verdict
from theoryprune.geometry.verdict import confirmed, refuted
from theoryprune.graph.compact import compact
from theoryprune.graph.hashing import graph_sha256
from theoryprune.measures import macs, size
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
        Its value is how many layer certificates were checked. It holds if the coresets, applied one after the other to
        ``reduction.before``, give ``reduction.graph`` bit for bit; the certificate of every group follows from layer
        certificates that hold for the networks just before and after, and the bound of the output, if there is one,
        from them; and widths, cost and budget are as stated.

    Raises
    ------
    TypeError, ValueError
        If the graphs are none, or hold no values.

    Notes
    -----
    Layer certificates are checked by other means than they were made by. What is stated without certificate is not
    checked, for nothing is stated: a group whose certificate was taken out passes. How good the choice of units is, and
    the error of the curve, are no claims of a reduction either. Cost: that of the checkers, and of a compaction.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> from theoryprune.coresets import reduce
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    >>> bool(is_reduction(reduce(tp.extract(net, (4,)), 0.5)))
    True
    """
    graph, groups = reduction.before, hidden_groups(reduction.before)
    if problem := _wrong_widths(reduction, groups):
        return refuted(problem)
    rows = {row.group: row for row in reduction.layers}
    checked = 0
    for hidden in groups:
        name = hidden.group.name
        proof, coreset = rows[name].certificate, reduction.coresets.get(name)
        after = graph
        if coreset is not None:
            try:
                after = applied(graph, hidden, coreset)
            except (ValueError, TypeError, IndexError) as error:
                return refuted(f"'{name}': the coreset does not fit the group ({error})")
        if problem := _wrong_certificate(proof, graph, after, hidden, coreset, tol):
            return refuted(f"'{name}': {problem}")
        graph, checked = after, checked + len(proof.parts)
    if graph_sha256(graph) != graph_sha256(reduction.graph):
        return refuted("the graph is not what the coresets make of the network before")
    if problem := _wrong_end(reduction, groups):
        return refuted(f"end to end: {problem}")
    if problem := _wrong_counts(reduction):
        return refuted(problem)
    return confirmed("the graph is what the coresets make, every certificate holds, every count is right", checked)


def _wrong_widths(reduction: Reduction, groups: tuple[Hidden, ...]) -> str:
    names = [hidden.group.name for hidden in groups]
    if [row.group for row in reduction.layers] != names or not set(reduction.coresets) <= set(names):
        return "the rows are not those of the removable groups"
    for row, hidden in zip(reduction.layers, groups, strict=True):
        coreset = reduction.coresets.get(row.group)
        left = hidden.units if coreset is None else coreset.width
        if (row.before, row.after) != (hidden.units, left):
            return f"'{row.group}': {row.after} of {row.before} channels are stated, it keeps {left} of {hidden.units}"
        if coreset is not None and not _numbers(coreset):
            return f"'{row.group}': the units kept are no ascending numbers of units"
    divided = reduction.plan.allocation
    if divided is not None and any(reduction.widths.get(name) != width for name, width in divided.widths.items()):
        return "the widths are not those of the allocation"
    return ""


def _numbers(coreset: GroupCoreset) -> bool:
    kept = coreset.kept
    return bool(len(kept)) and bool((np.diff(kept) > 0).all()) and 0 <= int(kept[0]) <= int(kept[-1]) < coreset.units


def _wrong_certificate(
    proof: GroupCertificate,
    before: WeightGraph,
    after: WeightGraph,
    hidden: Hidden,
    coreset: GroupCoreset | None,
    tol: float,
) -> str:
    """What is not so of a group's certificate, empty if nothing."""
    if coreset is None or coreset.is_identity:
        return "" if proof.best == 0 and proof.observed == 0 and not proof.parts else "a whole group has no error"
    if proof.best is None:
        stated = proof.observed is not None or proof.full is not None or proof.parts
        return "bounds are stated without a certificate" if stated or not proof.note else ""
    readings = compared_layers(before, after, hidden, coreset)
    if len(readings) != len(proof.parts):
        return f"{len(proof.parts)} layer certificates for {len(readings)} readings"
    for part, given in zip(proof.parts, readings, strict=True):
        if isinstance(part, ConvCertificate) != ("size" in given):
            return "a certificate is of another kind of layer"
        if isinstance(part, ConvCertificate):
            found = is_conv_certificate(part, **given, tol=tol)
        else:
            found = is_layer_certificate(part, **given, tol=tol)
        if not found:
            return found.reason
    return _wrong_sum(proof, tol)


def _wrong_sum(proof: GroupCertificate, tol: float) -> str:
    """What is not so of a group's bounds, given those of its parts."""
    wanted = {
        "best": _root([part.best for part in proof.parts]),
        "full": _root([part.full.best for part in proof.parts]),
        "constant": _root([part.constant for part in proof.parts if isinstance(part, ConvCertificate)]),
    }
    for name, value in wanted.items():
        stated = getattr(proof, name)
        if stated != value and not (stated is not None and abs(stated - value) <= tol * value):
            return f"{name} is stated as {stated}, the layer certificates give {value}"
    seen = max(part.observed for part in proof.parts)
    if proof.observed is not None and not 0 <= proof.observed <= seen:
        return f"observed is stated as {proof.observed}, the witnesses attain {seen}"
    return ""


def _root(values: list[float]) -> float:
    return math.hypot(*values)


def _wrong_end(reduction: Reduction, groups: tuple[Hidden, ...]) -> str:
    """What is not so of the bound of the output, empty if nothing."""
    stated = reduction.end_to_end
    if stated is None:
        return ""
    proofs = {row.group: row.certificate for row in reduction.layers}
    blocks = network_blocks(reduction.before, groups, reduction.coresets, proofs)
    if blocks is None or [term.block for term in stated.terms] != blocks:
        return "its rows are not the certificates of the groups"
    if stated.radius is None:
        return "it names no ball"
    efforts = [part.effort for proof in proofs.values() for part in proof.parts]
    found = is_end_to_end(stated, reduction.before, reduction.graph, effort=efforts[0] if efforts else "default")
    return "" if found else found.reason


def _wrong_counts(reduction: Reduction) -> str:
    plan = reduction.plan
    if plan.quantity == "channels":  # compaction may tie groups to one another, or free them
        found, total, fewer = sum(row.after for row in plan.layers), sum(row.before for row in plan.layers), False
    else:
        count = _parameters if plan.quantity == "params" else macs
        found, total = count(compact(reduction.graph)), count(reduction.before)
        fewer = found < plan.spent and count(compact(reduction.before)) < total  # it held dead channels
    if plan.total != total or (plan.spent != found and not fewer):
        return f"{plan.spent} of {plan.total} {plan.quantity} are stated, the compacted network has {found} of {total}"
    divided = plan.allocation
    if divided is None:
        return ""
    budget, path = divided.budget, divided.path
    if divided.total != total or divided.quantity != plan.quantity:
        return "the allocation counts something else"
    at = [row for row, widths in enumerate(path.widths.tolist()) if widths == [*divided.widths.values()]]
    if path.names != tuple(divided.widths) or not at or path.costs[at[0]] != divided.spent:
        return "the allocation does not lie on its curve"
    if path.errors[at[0]] != divided.error:
        return "the error of the allocation is not that of its curve"
    within = divided.error <= budget.amount if budget.quantity == "error" else divided.spent <= budget.limit(total)
    return "" if within else f"{budget} is exceeded"


def _parameters(graph: WeightGraph) -> int:
    return size(graph).total
