"""What merging a sum of layers changes at its producers and readers: one row for each of them."""

from __future__ import annotations

import math

import numpy as np

from theoryprune.bounds import BlockError, stream_block
from theoryprune.bounds.affine import affine_of
from theoryprune.bounds.chains import affine_chains
from theoryprune.bounds.effort import Effort
from theoryprune.bounds.kernel_gain import as_floats, kernel_gain
from theoryprune.bounds.rounding import gamma, norm_up, up
from theoryprune.coresets.constant_change import constant_change
from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.coresets.hidden import Consumer, Hidden
from theoryprune.coresets.matrices import weight_layer
from theoryprune.coresets.record import Merging
from theoryprune.errors import UnsupportedLayerError
from theoryprune.geometry.arguments import Floats
from theoryprune.layers import Elementwise, WeightLayer
from theoryprune.types import WeightGraph

_TINY = 2.0**-1000  # above all that products below the range of float64 can add up to


def certify_stream(
    before: WeightGraph, after: WeightGraph, hidden: Hidden, coreset: GroupCoreset, *, effort: Effort = "default"
) -> tuple[BlockError, ...]:
    """Bound what a merged residual stream, or another sum of layers, changes at each of its producers and readers.

    Parameters
    ----------
    before, after : WeightGraph
        Without and with the coreset applied.
    hidden : Hidden
    coreset : GroupCoreset
    effort : {"fast", "default", "high"}

    Returns
    -------
    tuple of BlockError
        First one row for each producer (`stream_block`): its output changes by at most ``gain ||x|| + constant`` if
        the rows of pruned channels are replaced by multiples of kept ones. Then one for each reader: its output
        changes by at most ``gain ||z|| + constant``, z the kept channels, if its columns are those stored instead of
        the exact fold, and its bias too. Together they are the whole change: with replaced rows, exact folds and
        the biases as they were both networks are equal.

    Raises
    ------
    UnsupportedLayerError
        If channels of the stream have no multiples (GELU), are not the same for all producers (shortcuts of option A),
        a layer both reads and writes it, one has groups or scales of its own, several functions of the channels are
        read, or a batch norm scales a sum of producers.

    Notes
    -----
    Outgoing weights other than those of a fold (`kernel_fit`, mere selections, the rounding to the dtype) differ from
    it by dU, which acts on the kept channels alone. The product and the sums that dU is made of are rounded outward.

    The rows are some for `end_to_end`, N before and N' after. Proof: let H_k be the network whose first k records work
    as in N', a pruned channel j being ``a_j`` times channel c(j) for whoever still wants it, the others as in N. What
    lies between commutes with that, so H_0 = N and the last H_k has the output of N'. ``H_{k-1}`` and ``H_k`` differ at
    record k alone: a producer by R x, x as in N' for no layer both reads and writes the channels; a reader by dU z and
    the change of its bias, z as in N'. What follows them are records of N.
    Cost: one norm for each producer and reader.
    """
    _require(before, hidden)
    part = coreset.readings[0]
    folds = part.merging or _dropped(coreset)
    rows = [_producer(before, name, coreset, folds, effort) for name in hidden.producers]
    return tuple(rows + [_reader(before, after, consumer, folds, effort) for consumer in hidden.consumers])


def _require(graph: WeightGraph, hidden: Hidden) -> None:
    name, everything = hidden.group.name, np.arange(hidden.units)[:, None]
    if len(hidden.readings) > 1:
        raise UnsupportedLayerError(f"'{name}': its readers read several functions of the channels")
    if hidden.law != "homogeneous":
        raise UnsupportedLayerError(f"'{name}' has no bound for merged streams: {hidden.reason}")
    for producer, places in hidden.producers.items():
        if not np.array_equal(places, everything) or weight_layer(graph, producer).groups > 1:
            raise UnsupportedLayerError(f"'{name}': '{producer}' writes it in part, in another order, or in groups")
    for consumer in hidden.consumers:
        if consumer.layer in hidden.producers:
            raise UnsupportedLayerError(f"'{name}': '{consumer.layer}' both reads and writes it")
        if not all(producer for part in consumer.units.parts for producer, _ in part.terms):
            raise UnsupportedLayerError(f"'{name}': '{consumer.layer}' reads channels that no layer writes")
        if not consumer.units.plain or weight_layer(graph, consumer.layer).groups > 1 or (consumer.columns < 0).any():
            raise UnsupportedLayerError(f"'{name}': '{consumer.layer}' reads it with scales of its own, or in groups")


def _dropped(coreset: GroupCoreset) -> Merging:
    """A selection as a merge with multipliers of 0."""
    stays = np.isin(np.arange(coreset.units), coreset.kept)
    return Merging(np.where(stays, np.arange(coreset.units), -1), stays.astype(np.float64), np.empty((0, 0)))


def _producer(graph: WeightGraph, name: str, coreset: GroupCoreset, folds: Merging, effort: Effort) -> BlockError:
    layer, end = weight_layer(graph, name), _end_of(graph, name)
    after = affine_chains(graph)[end].affine  # what follows the weight, its bias included
    kernel = as_floats(layer.weight, f"{name}.weight")
    kernel = after.scale.reshape(-1, *[1] * (kernel.ndim - 1)) * kernel
    shape = graph.shapes[layer.inputs[0]]
    merge = (coreset.kept, folds.assignment, folds.multipliers)
    bias = after.shift if after.shift.any() else None
    return stream_block(layer, kernel, bias, *merge, shape=shape, end=end, effort=effort)


def _end_of(graph: WeightGraph, producer: str) -> str:
    """The tensor behind the scales and shifts of single channels: what joins the stream."""
    end, held = producer, {producer}
    for layer in graph.layers:
        if held.isdisjoint(layer.inputs) or isinstance(layer, WeightLayer | Elementwise):
            continue
        own = affine_of(layer, graph.shapes[layer.name])
        if own is not None and layer.inputs == (end,) and sum(end in one.inputs for one in graph.layers) == 1:
            end = layer.name
        elif own is not None and (own.shift.any() or (own.scale != own.scale[0]).any()):
            raise UnsupportedLayerError(f"'{layer.name}' scales or shifts what '{producer}' adds to other layers")
        held.add(layer.name)
    return end


def _reader(before: WeightGraph, after: WeightGraph, consumer: Consumer, folds: Merging, effort: Effort) -> BlockError:
    layer, other = (weight_layer(graph, consumer.layer) for graph in (before, after))
    old, new = (as_floats(one.weight, consumer.layer) for one in (layer, other))
    change, error = _column_change(old, new, consumer, folds)
    taps = math.prod(old.shape[2:])
    gain = kernel_gain(layer, change, before.shapes[layer.inputs[0]], effort=effort)
    gain = up(gain + up(math.sqrt(taps) * norm_up(error), terms=2), terms=2)
    shift = constant_change(before, after, consumer)
    constant = 0.0 if shift is None else up(norm_up(shift), terms=2)
    return BlockError(consumer.layer, layer.inputs, (consumer.layer,), gain, constant)


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
