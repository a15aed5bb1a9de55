"""Certifying one pruned channel group: dense layers, convolutions, residual streams."""

from __future__ import annotations

from typing import Any

import numpy as np

from theoryprune.bounds import ConvCertificate, LayerCertificate, certify_layer
from theoryprune.bounds.gains import Effort
from theoryprune.coresets.certify_convs import certify_convs, conv_arguments, why_no_conv_certificate
from theoryprune.coresets.certify_stream import certify_stream
from theoryprune.coresets.constant_change import joint_change
from theoryprune.coresets.consumer_weights import columns_of
from theoryprune.coresets.group_certificate import GroupCertificate, summed
from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.coresets.hidden import Consumer, Hidden, sums_of
from theoryprune.coresets.hidden_layer import slope_of
from theoryprune.coresets.matrices import rows_of
from theoryprune.errors import UnsupportedLayerError
from theoryprune.layers import Linear
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
    parts: list[LayerCertificate | ConvCertificate] = []
    for place, reading in enumerate(hidden.readings):
        if len(sums_of(reading)) > 1:
            return _certify_stream(before, after, hidden, coreset, effort)
        if _dense(before, reading):
            parts.append(_certify_dense(before, after, hidden, coreset, place, effort, seed))
            continue
        if reason := why_no_conv_certificate(before, reading):
            return GroupCertificate((), None, None, None, reason)
        parts += certify_convs(before, after, hidden, coreset, place, effort=effort, seed=seed)
    return summed(parts, seen=hidden.law == "homogeneous")


def _certify_stream(
    before: WeightGraph, after: WeightGraph, hidden: Hidden, coreset: GroupCoreset, effort: Effort
) -> GroupCertificate:
    try:
        rows = certify_stream(before, after, hidden, coreset, effort=effort)
    except UnsupportedLayerError as error:
        return GroupCertificate((), None, None, None, f"activations are summed: a residual stream; {error}")
    producers, readers = rows[: len(hidden.producers)], rows[len(hidden.producers) :]
    note = (
        f"activations are summed: a residual stream; bounds at each of its {len(producers)} producers (gain at most "
        f"{max(row.gain for row in producers):.3g}) and {len(readers)} readers ({max(r.gain for r in readers):.3g})"
    )
    return GroupCertificate((), None, None, None, note, stream=rows)


def _dense(graph: WeightGraph, reading: tuple[Consumer, ...]) -> bool:
    names = [name for name, _ in sums_of(reading)[0].terms] + [consumer.layer for consumer in reading]
    return all(isinstance(graph.by_name[name], Linear) for name in names)


def _certify_dense(
    before: WeightGraph,
    after: WeightGraph,
    hidden: Hidden,
    coreset: GroupCoreset,
    place: int,
    effort: Effort,
    seed: int,
) -> LayerCertificate:
    merging = coreset.readings[place].merging
    return certify_layer(
        **dense_arguments(before, after, hidden, coreset, place),
        assignment=None if merging is None else merging.assignment,
        multipliers=None if merging is None else merging.multipliers,
        effort=effort,
        seed=seed,
    )


def dense_arguments(
    before: WeightGraph, after: WeightGraph, hidden: Hidden, coreset: GroupCoreset, place: int
) -> dict[str, Any]:
    """Return what the certificate of a dense reading compares: arguments of `certify_layer` and of its checker."""
    reading = hidden.readings[place]
    rows = rows_of(before, hidden, reading)
    old, new = (np.concatenate([columns_of(graph, consumer) for consumer in reading]) for graph in (before, after))
    change = joint_change(before, after, reading)
    return {
        "V": old,
        "W": rows.weights,
        "kept": coreset.kept,
        "U": new[:, coreset.kept],
        "slope": slope_of(hidden, place),
        "bias": rows.bias if rows.bias.any() else None,
        "offset": change,
        "kept_offset": None if change is None else np.zeros_like(change),
    }


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
    found: list[dict[str, Any]] = []
    for place, reading in enumerate(hidden.readings):
        if hidden.law == "none" or len(sums_of(reading)) > 1:
            return ()
        if _dense(before, reading):
            found.append(dense_arguments(before, after, hidden, coreset, place))
        elif why_no_conv_certificate(before, reading):
            return ()
        else:
            found += conv_arguments(before, after, hidden, coreset, place)
    return tuple(found)
