"""Reducing a whole network: every group of channels to its width, from the input to the output."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from theoryprune.bounds.gains import Effort
from theoryprune.coresets.apply import applied
from theoryprune.coresets.choose import Construction, group_coreset
from theoryprune.coresets.group_certificate import GroupCertificate, certify_group
from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.coresets.hidden import Hidden
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.coresets.hidden_layer import matrices_of, slope_of
from theoryprune.coresets.merge import merge
from theoryprune.coresets.reduction import ReducedGroup, Reduction
from theoryprune.coresets.widths import prunable_groups, uniform_widths, whole_reasons
from theoryprune.graph.evaluate import require_values
from theoryprune.layers import Linear
from theoryprune.types import ReadOnly, WeightGraph


def reduce(
    graph: WeightGraph,
    budget: float | Mapping[str, int],
    method: Construction = merge,
    *,
    streams: bool = False,
    protect: Collection[str] | str = (),
    multiple_of: int = 1,
    certify: bool = True,
    effort: Effort = "default",
    seed: int = 0,
) -> Reduction:
    """Reduce a network to fewer channels, each layer with its certificate, without data.

    Parameters
    ----------
    graph : WeightGraph
        Never written.
    budget : float or mapping of str to int
        The fraction of channels to keep in every group, in (0, 1]; or widths by the names of groups, those not named
        staying whole.
    method : callable
        A construction: `merge`, `kernel_fit`, ... or a `functools.partial` of one.
    streams : bool
        Whether residual streams are reduced too, each as one group of tied channels.
    protect : collection of str, or str
        Names or patterns of layers, modules or weights that are kept whole, rows and columns.
    multiple_of : int
        Widths are multiples of this, rounded up where the whole width allows.
    certify : bool
        Whether each row gets its certificate.
    effort, seed
        As for `theoryprune.bounds.certify_layer`; constructions that draw get the seed too.

    Returns
    -------
    Reduction

    Raises
    ------
    BudgetError
        If no group can be reduced, with the reason for each.
    TypeError, ValueError
        If an argument is out of range, or names nothing.

    Notes
    -----
    Groups go from the input to the output. The rows of each are those after all earlier groups were folded, and its
    certificate compares the network just before it with the one just after, in the dtype of the network. Where no
    multiple of a unit may stand for another (depthwise convolutions, activations such as GELU), units are chosen by
    the same method but keep their outgoing weights: the row says so.

    Cost: that of the construction for each group, and of a certificate.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> _ = torch.manual_seed(0)
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    >>> result = reduce(tp.extract(net, (4,)), 0.5)
    >>> result.widths["0"], tp.compact(result.graph).weights["2.weight"].shape
    (4, torch.Size([2, 4]))
    """
    require_values(graph, "reduce")
    groups = hidden_groups(graph)
    notes = whole_reasons(graph, groups, streams=streams, protect=protect)
    free = prunable_groups(groups, notes)
    widths = {hidden.group.name: hidden.units for hidden in groups} | uniform_widths(free, budget, multiple_of)
    rows: list[ReducedGroup] = []
    coresets: dict[str, GroupCoreset] = {}
    reduced = graph
    for hidden in groups:
        name, width = hidden.group.name, widths[hidden.group.name]
        if width == hidden.units:
            whole = GroupCertificate((), 0.0, 0.0, None, "")
            rows.append(_row(reduced, hidden, width, "", notes.get(name, ""), whole))
            continue
        slopes = tuple(slope_of(hidden, place) for place in range(len(hidden.readings)))
        coreset = group_coreset(matrices_of(reduced, hidden), method, width, slopes=slopes, seed=seed)
        after = applied(reduced, hidden, coreset)
        proof = GroupCertificate((), None, None, None, "not asked for")
        if certify:
            proof = certify_group(reduced, after, hidden, coreset, effort=effort, seed=seed)
        chosen = coreset.readings[0].method
        rows.append(_row(reduced, hidden, width, chosen, hidden.reason, proof))
        coresets[name], reduced = coreset, after
    return Reduction(reduced, graph, ReadOnly(coresets), tuple(rows), ReadOnly(widths), _name(method))


def _row(
    graph: WeightGraph, hidden: Hidden, width: int, method: str, note: str, proof: GroupCertificate
) -> ReducedGroup:
    return ReducedGroup(hidden.group.name, _kind(graph, hidden), hidden.units, width, method, note, proof)


def _kind(graph: WeightGraph, hidden: Hidden) -> str:
    if hidden.stream:
        return "stream"
    if hidden.reason.startswith("depthwise"):
        return "depthwise"
    return "dense" if all(isinstance(graph.by_name[name], Linear) for name in hidden.producers) else "convolution"


def _name(method: Construction) -> str:
    return str(getattr(getattr(method, "func", method), "__name__", "method"))
