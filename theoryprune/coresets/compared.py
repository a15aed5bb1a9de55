"""What the certificates of a pruned group compare, as arguments of the bounds."""

from __future__ import annotations

from typing import Any

import numpy as np

from theoryprune.coresets.constant_change import constant_change, joint_change
from theoryprune.coresets.consumer_weights import columns_of, kernels_of
from theoryprune.coresets.conv_reading import conv_geometry, convolution_of, why_no_conv_certificate
from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.coresets.hidden import Consumer, Hidden, sums_of
from theoryprune.coresets.hidden_layer import slope_of
from theoryprune.coresets.matrices import rows_of
from theoryprune.geometry.arguments import Floats
from theoryprune.layers import Linear
from theoryprune.types import WeightGraph


def why_no_certificate(graph: WeightGraph, reading: tuple[Consumer, ...]) -> str:
    """Return why a reading has no certificate, neither as dense layers nor as convolutions; empty if it has one."""
    return "" if _dense(graph, reading) else why_no_conv_certificate(graph, reading)


def compared(
    before: WeightGraph, after: WeightGraph, hidden: Hidden, coreset: GroupCoreset, place: int
) -> tuple[dict[str, Any], ...]:
    """Return what the certificates of one reading compare.

    Parameters
    ----------
    before, after, hidden, coreset
        As for `certify_group`.
    place : int
        Which reading, one without objections of `why_no_certificate`.

    Returns
    -------
    tuple of dict
        Arguments of `certify_layer` and its checker, all consumers stacked; for convolutions those of
        `certify_conv_layer`, which hold a size, one for each consumer. Their `offset` is the whole change of the
        consumer's constants, for convolutions position by position: shifts behind the activation add less at padded
        borders.

    Notes
    -----
    Consumers with groups get zeros where they do not read. Pools between the layers count by their gains.
    """
    reading = hidden.readings[place]
    rows = rows_of(before, hidden, reading)
    bias, slope = rows.bias if rows.bias.any() else None, slope_of(hidden, place)

    def arguments(weights: Floats, old: Floats, new: Floats, change: Floats | None, **geometry: Any) -> dict[str, Any]:
        maps = {"V": old, "W": weights, "kept": coreset.kept, "U": new[:, coreset.kept], "slope": slope, "bias": bias}
        return maps | {"offset": change, "kept_offset": None if change is None else np.zeros_like(change)} | geometry

    if _dense(before, reading):
        old, new = (np.concatenate([columns_of(graph, consumer) for consumer in reading]) for graph in (before, after))
        return (arguments(rows.weights, old, new, joint_change(before, after, reading)),)
    # A sum of convolutions with one window is one convolution of their inputs stacked.
    weights = rows.weights.reshape(hidden.units, -1, *convolution_of(before, reading).kernel)
    return tuple(
        arguments(
            weights,
            kernels_of(before, consumer),
            kernels_of(after, consumer),
            constant_change(before, after, consumer),
            **conv_geometry(before, reading, consumer),
        )
        for consumer in reading
    )


def _dense(graph: WeightGraph, reading: tuple[Consumer, ...]) -> bool:
    sums = sums_of(reading)
    names = [name for name, _ in sums[0].terms] + [consumer.layer for consumer in reading]
    return len(sums) == 1 and all(isinstance(graph.by_name[name], Linear) for name in names)
