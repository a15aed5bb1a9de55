"""Reducing a whole network: every group of channels to its width, from the input to the output."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from theoryprune.bounds.effort import Effort
from theoryprune.coresets.budget import Budget
from theoryprune.coresets.certify_network import SHALLOW, certify_network
from theoryprune.coresets.choose import Construction
from theoryprune.coresets.divide import divide
from theoryprune.coresets.each_group import Settings, each_group
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.coresets.make_plan import make_plan, reduced_group
from theoryprune.coresets.merge import merge
from theoryprune.coresets.output_weights import Weighting
from theoryprune.coresets.preactivation import Inputs, is_corrected, told_by_batch_norms
from theoryprune.coresets.progress import group_bar
from theoryprune.coresets.reduce_arguments import check_reduce_arguments
from theoryprune.coresets.reduction import Reduction, small_network
from theoryprune.coresets.widths import prunable_groups, uniform_widths, whole_reasons
from theoryprune.graph.compact import refuse_collapse
from theoryprune.graph.evaluate import require_finite, require_values
from theoryprune.graph.fold_norms import fold_batch_norms
from theoryprune.graph.joins import find_joins
from theoryprune.measures.seeds import generator
from theoryprune.types import ReadOnly, WeightGraph


def reduce(
    graph: WeightGraph,
    budget: Budget | float | Mapping[str, int],
    method: Construction = merge,
    *,
    streams: bool = False,
    protect: Collection[str] | str = (),
    min_keep: int = 0,
    multiple_of: int = 1,
    how: str = "marginal",
    weights: Weighting | None = None,
    inputs: Inputs | None = None,
    bias_correction: bool | None = None,
    fold_bn: bool = False,
    certify: bool = True,
    end_to_end: bool | None = None,
    radius: float = 1.0,
    effort: Effort = "default",
    seed: int = 0,
    progress: bool | None = None,
) -> Reduction:
    """Reduce a network to fewer channels, each layer with its certificate, without data.

    Parameters
    ----------
    graph : WeightGraph
        Never written.
    budget : Budget, float, or mapping of str to int
        The size or error of the whole network; or the fraction of channels to keep in every group, in (0, 1]; or
        widths by the names of groups, those not named staying whole.
    method : callable
        A construction: `merge`, `kernel_fit`, ... or a `functools.partial` of one.
    streams : bool
        Whether residual streams are reduced too, each as one group of tied channels.
    protect : collection of str, or str
        Names or patterns of layers, modules or weights that are kept whole, rows and columns.
    min_keep : int
        Channels that every group keeps at least (if it has as many); by default ``max(1, ceil(0.02 n))`` of n.
    multiple_of : int
        Groups that lose channels keep a multiple of this.
    how : {"marginal", "global_eps", "absolute_eps", "uniform"}
        How a `Budget` is divided, see `allocate`.
    weights : {"relative", "telescoped", "equal"}, optional
        What the error of a group counts when a `Budget` is divided (`output_weights`): over the error of deleting it,
        the default for sizes; as a bound of the output's, for inputs of norm 1, the default for errors; as it is.
    inputs : {"standard", "batchnorm"}, optional
        What methods see of the units: their rows as they are, so `kernel_fit` assumes inputs from N(0, I); or, where
        batch norms tell it, the law of what comes before the activation (`Preactivation`). The latter is the default
        for `kernel_fit`, the former for all others. Certificates do not rest on it.
    bias_correction : bool, optional
        Whether the mean of what the new weights leave out goes into the biases of the consumers, wherever batch norms
        tell it (`intercept_of`): for every method, or for none. By default wherever the method sees the laws of batch
        norms, and in groups that have no certificate to loosen, such as depthwise ones. Consumers without a bias get
        one; budgets and certificates count it.
    fold_bn : bool
        Whether batch norms are first folded into the layers before them (`fold_batch_norms`): what is reduced and
        certified then is the folded network, and no batch norm tells laws or means any more. By default they stay, and
        only the computation folds them.
    certify : bool
        Whether each row gets its certificate.
    end_to_end : bool, optional
        Whether the change of the output is bounded too, if it can be (`Reduction.unbounded`); by default for networks
        of at most 4 weight layers.
    radius : float
        For inputs of norm at most this.
    effort, seed
        As for `theoryprune.bounds.certify_layer`; constructions that draw get the seed too.
    progress : bool, optional
        Whether to show a progress bar on stderr, group by group; by default if that is a terminal.

    Returns
    -------
    Reduction

    Raises
    ------
    BudgetError
        If no group can be reduced, with the reason for each, or the budget is out of reach.
    LayerCollapseError
        If no input reaches the output over the channels kept; the error names the last layer that lets nothing through.
    TypeError, ValueError
        If an argument is out of range, or names nothing.

    Notes
    -----
    Groups go from the input to the output. The rows of each are those after all earlier groups were folded, and its
    certificate compares the network just before it with the one just after, in the dtype of the network. Where no
    multiple of a unit may stand for another (depthwise convolutions, activations such as GELU), units are chosen by
    the same method but keep their outgoing weights: the row says so. Budgets are divided by the curves of
    `facility_location` on the weights as they are, whatever the method.

    Cost: that of the construction for each group twice, and of a certificate.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> _ = torch.manual_seed(0)
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    >>> result = reduce(tp.extract(net, (4,)), Budget(params=0.6))
    >>> result.widths["0"], result.spent, result.total, result.small.weights["2.weight"].shape
    (4, 30, 58, torch.Size([2, 4]))
    """
    require_values(graph, "reduce")
    require_finite(graph)
    check_reduce_arguments(
        method=method, streams=streams, min_keep=min_keep, how=how, weights=weights, certify=certify,
        end_to_end=end_to_end, radius=radius, effort=effort, bias_correction=bias_correction, fold_bn=fold_bn,
    )  # fmt: skip
    generator(seed)  # refuses what is no seed
    normalised = told_by_batch_norms(inputs, method)
    graph = fold_batch_norms(graph) if fold_bn else graph
    groups = hidden_groups(graph)
    corrected = frozenset(h.group.name for h in groups if is_corrected(h, bias_correction, normalised=normalised))
    notes = whole_reasons(graph, groups, streams=streams, protect=protect)
    free = prunable_groups(groups, notes)
    with group_bar("dividing the budget", progress) as at_work:
        division = None
        if isinstance(budget, Budget):
            division = divide(
                graph, free, budget, how=how, weights=weights, min_keep=min_keep, multiple_of=multiple_of,
                corrected=corrected,
            )  # fmt: skip
            chosen: Mapping[str, int] = division.allocation.widths
        else:
            chosen = uniform_widths(free, budget, multiple_of, min_keep)
        widths = {hidden.group.name: chosen.get(hidden.group.name, hidden.units) for hidden in groups}
        settings = Settings(method, normalised, corrected, certify, effort, seed)
        networks, coresets, proofs = each_group(graph, groups, widths, settings, at_work)
    rows = tuple(reduced_group(graph, hidden, coresets, proofs, notes) for hidden in groups)
    small = small_network(networks[-1], coresets)
    refuse_collapse(small, find_joins(small), "reduce", "Keep more channels: a larger budget, min_keep, or protect")
    plan, network = make_plan(graph, small, rows, method, division), None
    if certify and (len(graph.order) <= SHALLOW if end_to_end is None else end_to_end):
        network = certify_network(networks, groups, coresets, proofs, radius=radius, effort=effort, seed=seed)
    return Reduction(networks[-1], graph, ReadOnly(coresets), plan, network)
