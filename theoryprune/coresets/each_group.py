"""One channel group after the other: its coreset, applied, with its certificate."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from theoryprune.bounds.effort import Effort
from theoryprune.coresets.apply import applied
from theoryprune.coresets.certify_group import certify_group
from theoryprune.coresets.choose import Construction, group_coreset
from theoryprune.coresets.group_certificate import NOT_ASKED, GroupCertificate
from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.coresets.hidden import Hidden
from theoryprune.coresets.hidden_layer import matrices_of, slope_of
from theoryprune.coresets.preactivation import Preactivation, preactivation, uncorrelated
from theoryprune.types import WeightGraph


@dataclass(frozen=True)
class Settings:
    """How each group is reduced.

    Parameters
    ----------
    method : callable
        The construction.
    normalised : bool
        Whether it gets the laws of units that batch norms tell.
    corrected : collection of str
        Groups of which the means of what is lost go into biases, where batch norms tell them.
    certify : bool
    effort : str
    seed : int
    """

    method: Construction
    normalised: bool
    corrected: Collection[str]
    certify: bool
    effort: Effort
    seed: int


def each_group(
    graph: WeightGraph,
    groups: Sequence[Hidden],
    widths: Mapping[str, int],
    settings: Settings,
    at_work: Callable[[str, int], None] = lambda name, groups: None,
) -> tuple[tuple[WeightGraph, ...], dict[str, GroupCoreset], dict[str, GroupCertificate]]:
    """Reduce one group after the other.

    Parameters
    ----------
    graph : WeightGraph
    groups : sequence of Hidden
        From the input to the output.
    widths : mapping of str to int
        Of all of them; whole ones are left alone.
    settings : Settings
    at_work : callable
        Called with the name of each group before it is reduced, and with how many there are in all.

    Returns
    -------
    tuple of WeightGraph
        The network, and what it is after each coreset, all of the same shape: the last one is the reduced network.
    dict of str to GroupCoreset
        Of those that lost channels, in the order in which they were applied.
    dict of str to GroupCertificate
        Of all, each of its group alone: just after it was reduced, against just before.
    """
    networks, coresets = [graph], dict[str, GroupCoreset]()
    proofs = {hidden.group.name: GroupCertificate((), 0.0, 0.0, None, "") for hidden in groups}
    smaller = [hidden for hidden in groups if widths[hidden.group.name] < hidden.units]
    for hidden in smaller:
        name = hidden.group.name
        at_work(name, len(smaller))
        before = networks[-1]
        coresets[name] = _coreset(before, hidden, widths[name], settings)
        networks.append(applied(before, hidden, coresets[name]))
        proofs[name] = GroupCertificate((), None, None, None, NOT_ASKED)
        if settings.certify:
            proofs[name] = certify_group(
                before, networks[-1], hidden, coresets[name], effort=settings.effort, seed=settings.seed
            )
    return tuple(networks), coresets, proofs


def _coreset(graph: WeightGraph, hidden: Hidden, width: int, settings: Settings) -> GroupCoreset:
    layer = matrices_of(graph, hidden)
    slopes = tuple(slope_of(hidden, place) for place in range(len(hidden.readings)))
    corrected = hidden.group.name in settings.corrected
    found: list[Preactivation | None] = []
    if settings.normalised and hidden.law == "none":
        found = [uncorrelated(reading, about_means=corrected) for reading in hidden.readings]
    elif settings.normalised:
        found = [preactivation(graph, hidden, reading) for reading in hidden.readings]
    laws = [] if None in found else [law for law in found if law is not None]
    told = [consumer.units.told for consumer in hidden.consumers] if corrected else []
    means = [None if one is None else one.mean for one in told]
    chosen = {"seed": settings.seed, "mode": "distinct"}  # a width is a number of different units
    return group_coreset(layer, settings.method, width, slopes=slopes, laws=laws, means=means, **chosen)
