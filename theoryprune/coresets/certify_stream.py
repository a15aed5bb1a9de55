"""What merging a residual stream changes at its producers and readers: one row for each of them."""

from __future__ import annotations

import math

import numpy as np

from theoryprune.bounds import BlockError, stream_block
from theoryprune.bounds.gains import Effort
from theoryprune.bounds.kernel_gain import as_floats, kernel_gain
from theoryprune.bounds.rounding import gamma, norm_up, up
from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.coresets.hidden import Consumer, Hidden
from theoryprune.coresets.matrices import weight_layer
from theoryprune.coresets.record import Merging
from theoryprune.errors import UnsupportedLayerError
from theoryprune.geometry.arguments import Floats
from theoryprune.layers import BatchNorm
from theoryprune.types import WeightGraph

_TINY = 2.0**-1000  # above all that products below the range of float64 can add up to


def certify_stream(
    before: WeightGraph, after: WeightGraph, hidden: Hidden, coreset: GroupCoreset, *, effort: Effort = "default"
) -> tuple[BlockError, ...]:
    """Bound what a merged residual stream changes at each of its producers and readers.

    Parameters
    ----------
    before, after : WeightGraph
        Without and with the coreset applied.
    hidden : Hidden
        A stream.
    coreset : GroupCoreset
    effort : {"fast", "default", "high"}

    Returns
    -------
    tuple of BlockError
        First one row for each producer (`stream_block`): its output changes by at most ``gain ||x|| + constant`` if
        the rows of pruned channels are replaced by multiples of kept ones. Then one for each reader: its output
        changes by at most ``gain ||z||``, z the kept channels, if its columns are those stored instead of the exact
        fold. Together they are the whole change: with replaced rows and exact folds both networks are equal.

    Raises
    ------
    UnsupportedLayerError
        If channels of the stream have no multiples (GELU), are not the same for all producers (shortcuts of option A),
        a layer both reads and writes it, or one has groups, several batch norms, or scales of its own.

    Notes
    -----
    Outgoing weights other than those of a fold (`kernel_fit`, mere selections, the rounding to the dtype) differ from
    it by dU, which acts on the kept channels alone. The product and the sums that dU is made of are rounded outward.
    Cost: one norm for each producer and reader.
    """
    _require(before, hidden)
    part = coreset.readings[0]
    folds = part.merging or _dropped(coreset)
    rows = [_producer(before, name, coreset, folds, effort) for name in hidden.producers]
    return tuple(rows + [_reader(before, after, consumer, folds, effort) for consumer in hidden.consumers])


def _require(graph: WeightGraph, hidden: Hidden) -> None:
    name, everything = hidden.group.name, np.arange(hidden.units)[:, None]
    if hidden.law != "homogeneous":
        raise UnsupportedLayerError(f"'{name}' has no bound for merged streams: {hidden.reason}")
    for producer, places in hidden.producers.items():
        if not np.array_equal(places, everything) or weight_layer(graph, producer).groups > 1:
            raise UnsupportedLayerError(f"'{name}': '{producer}' writes its channels in another order, or in groups")
    for consumer in hidden.consumers:
        if consumer.layer in hidden.producers:
            raise UnsupportedLayerError(f"'{name}': '{consumer.layer}' both reads and writes it")
        if not consumer.units.plain or weight_layer(graph, consumer.layer).groups > 1 or (consumer.columns < 0).any():
            raise UnsupportedLayerError(f"'{name}': '{consumer.layer}' reads it with scales of its own, or in groups")


def _dropped(coreset: GroupCoreset) -> Merging:
    """A selection as a merge with multipliers of 0."""
    stays = np.isin(np.arange(coreset.units), coreset.kept)
    return Merging(np.where(stays, np.arange(coreset.units), -1), stays.astype(np.float64), np.empty((0, 0)))


def _producer(graph: WeightGraph, name: str, coreset: GroupCoreset, folds: Merging, effort: Effort) -> BlockError:
    layer, readers = weight_layer(graph, name), [one for one in graph.layers if name in one.inputs]
    kernel = as_floats(layer.weight, f"{name}.weight")
    bias = None if layer.bias is None else as_floats(layer.bias, f"{name}.bias")
    end = name
    if any(isinstance(one, BatchNorm) for one in readers):
        norm = readers[0]
        if len(readers) > 1 or not isinstance(norm, BatchNorm) or _normed(graph, norm.name):
            raise UnsupportedLayerError(f"'{name}': more than one batch norm, or one beside other readers")
        scale, shift = (values.double().cpu().numpy() for values in norm.affine())
        kernel = kernel * scale.reshape(-1, *[1] * (kernel.ndim - 1))
        bias, end = (shift if bias is None else scale * bias + shift), norm.name
    shape = graph.shapes[layer.inputs[0]]
    merge = (coreset.kept, folds.assignment, folds.multipliers)
    return stream_block(layer, kernel, bias, *merge, shape=shape, end=end, effort=effort)


def _normed(graph: WeightGraph, name: str) -> bool:
    return any(isinstance(one, BatchNorm) and name in one.inputs for one in graph.layers)


def _reader(before: WeightGraph, after: WeightGraph, consumer: Consumer, folds: Merging, effort: Effort) -> BlockError:
    layer = weight_layer(before, consumer.layer)
    old, new = (as_floats(weight_layer(g, consumer.layer).weight, consumer.layer) for g in (before, after))
    change, error = _column_change(old, new, consumer, folds)
    taps = math.prod(old.shape[2:])
    gain = kernel_gain(layer, change, before.shapes[layer.inputs[0]], effort=effort)
    gain = up(gain + up(math.sqrt(taps) * norm_up(error), terms=2), terms=2)
    return BlockError(consumer.layer, layer.inputs, (consumer.layer,), gain)


def _column_change(old: Floats, new: Floats, consumer: Consumer, folds: Merging) -> tuple[Floats, Floats]:
    """Return the stored columns less the exact fold, and a bound of each entry's rounding."""
    exact, size, units = old.copy(), np.abs(old), len(folds.multipliers)
    gone = np.flatnonzero((folds.assignment != np.arange(units)) & (folds.multipliers > 0))
    for unit in gone:
        source, target = consumer.columns[unit], consumer.columns[folds.assignment[unit]]
        added = folds.multipliers[unit] * old[:, source]
        exact[:, target] += added
        size[:, target] += np.abs(added)
    pruned = consumer.columns[folds.assignment != np.arange(units)].reshape(-1)
    exact[:, pruned], size[:, pruned] = 0, 0
    change = new - exact
    touched = (change != 0) | (size > 0)
    return change, np.where(touched, 2 * gamma(units + 4) * (size + np.abs(new)) + _TINY, 0.0)
