"""Certifying one pruned channel group: dense layers, convolutions, residual streams."""

from __future__ import annotations

from typing import Any

from theoryprune.bounds import ConvCertificate, LayerCertificate, certify_conv_layer, certify_layer
from theoryprune.bounds.effort import Effort
from theoryprune.coresets.certify_stream import certify_stream
from theoryprune.coresets.compared import compared, why_no_certificate
from theoryprune.coresets.group_certificate import GroupCertificate, summed
from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.coresets.hidden import Hidden, sums_of
from theoryprune.coresets.record import Merging
from theoryprune.errors import UnsupportedLayerError
from theoryprune.types import WeightGraph


def certify_group(
    before: WeightGraph,
    after: WeightGraph,
    hidden: Hidden,
    coreset: GroupCoreset,
    *,
    effort: Effort = "default",
    seed: int = 0,
) -> GroupCertificate:
    """Certify what a group's coreset changes for its consumers.

    Parameters
    ----------
    before, after : WeightGraph
        Without and with the coreset applied: weights as they are stored, batch norms folded in float64.
    hidden : Hidden
    coreset : GroupCoreset
    effort, seed
        As for `theoryprune.bounds.certify_layer`.

    Returns
    -------
    GroupCertificate
        ``sqrt(sum_t |err_t|^2) <= best |x~|`` over the consumers t, x~ the inputs of the producers, with 1 for the
        biases of dense layers; for convolutions ``best |x| + constant``.

    Notes
    -----
    Consumers of one reading of dense layers are stacked. For activations that only copies commute with, the bound holds
    (their slopes lie in [0, 1] and they vanish at 0) but the search, which knows rectifiers, says nothing.
    """
    if coreset.is_identity:
        return GroupCertificate((), 0.0, 0.0, None, "")
    if hidden.law == "none":
        return GroupCertificate((), None, None, None, hidden.reason)
    for reading in hidden.readings:
        if len(sums_of(reading)) > 1:
            return _certify_sum(before, after, hidden, coreset, effort, "activations are summed: a residual stream")
        if reason := why_no_certificate(before, reading):
            return _certify_sum(before, after, hidden, coreset, effort, reason)
    parts = [
        _certified(given, readings.merging, effort=effort, seed=seed)
        for place, readings in enumerate(coreset.readings)
        for given in compared(before, after, hidden, coreset, place)
    ]
    return summed(parts, seen=hidden.law == "homogeneous")


def _certified(given: dict[str, Any], merging: Merging | None, **options: Any) -> LayerCertificate | ConvCertificate:
    if merging is not None:
        options |= {"assignment": merging.assignment, "multipliers": merging.multipliers}
    return certify_conv_layer(**given, **options) if "size" in given else certify_layer(**given, **options)


def _certify_sum(
    before: WeightGraph, after: WeightGraph, hidden: Hidden, coreset: GroupCoreset, effort: Effort, reason: str
) -> GroupCertificate:
    """A row for each producer and each reader, where no single gain is known."""
    try:
        rows = certify_stream(before, after, hidden, coreset, effort=effort)
    except UnsupportedLayerError as error:
        return GroupCertificate((), None, None, None, f"{reason}; {error}")
    producers, readers = rows[: len(hidden.producers)], rows[len(hidden.producers) :]
    note = (
        f"{reason}; bounds at each of its {len(producers)} producers (gain at most "
        f"{max(row.gain for row in producers):.3g}) and {len(readers)} readers ({max(r.gain for r in readers):.3g})"
    )
    return GroupCertificate((), None, None, None, note, stream=rows)


def compared_layers(
    before: WeightGraph, after: WeightGraph, hidden: Hidden, coreset: GroupCoreset
) -> tuple[dict[str, Any], ...]:
    """Return what all certificates of a group compare, in their order.

    Parameters
    ----------
    before, after, hidden, coreset
        As for `certify_group`.

    Returns
    -------
    tuple of dict
        Arguments of `is_conv_certificate` where they hold a size, else of `is_layer_certificate`. None for a group
        without certificate.
    """
    if hidden.law == "none" or any(why_no_certificate(before, reading) for reading in hidden.readings):
        return ()
    places = range(len(hidden.readings))
    return tuple(given for place in places for given in compared(before, after, hidden, coreset, place))
