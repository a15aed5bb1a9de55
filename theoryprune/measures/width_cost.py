"""Counts of a network by the widths of its channel groups, read off the graph."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from theoryprune.graph.channels import ChannelMap
from theoryprune.layers import Channels, Conv, Layer, WeightLayer
from theoryprune.measures.axis_counts import AxisCounts
from theoryprune.measures.by_width import Monomial, WidthCost
from theoryprune.measures.macs import uses
from theoryprune.measures.size import is_parameter
from theoryprune.types import WeightGraph

QUANTITIES = ("params", "macs", "channels")
"""What can be counted by width."""


def width_cost(graph: WeightGraph, quantity: str, orders: Mapping[str, Sequence[int]] | None = None) -> WidthCost:
    """Return the parameters, MACs or channels of the compacted network as a function of its widths.

    Parameters
    ----------
    graph : WeightGraph
        On any device, ``meta`` included. Compact it first if it holds channels that nothing depends on.
    quantity : {"params", "macs", "channels"}
        All parameters, as `size` counts them (no buffers); multiply-accumulates, as `macs` counts them; or the
        channels of the removable groups, each once however many layers it runs through.
    orders : mapping of str to sequence of int, optional
        In which order the channels of a group are kept: the first ``w`` of them at width ``w``. It matters only for
        groups whose channels are not alike (a shortcut that pads channels ties the stages of a network, and some
        channels live in the later stages only); without it these keep their full width.

    Returns
    -------
    WidthCost

    Raises
    ------
    ValueError
        If the quantity is none of these, or an order is no permutation of its group.
    UnsupportedLayerError
        If a layer has no count of its MACs.

    Notes
    -----
    *Law.* Let ``w_g`` channels be chosen in each group (equally many in each part of the axis of a grouped
    convolution), and let the others have zero rows, columns, scales and shifts. Then ``.of(w)`` is the count of the
    compacted network, if compaction changes nothing at full width. Cost: linear in the number of channels.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    >>> cost = width_cost(tp.extract(net, (4,)), "params")
    >>> cost.total, cost.of({"0": 3}), cost.saving({}, "0", 5)
    (58, 23, 35)
    """
    if quantity not in QUANTITIES:
        raise ValueError(f"quantity must be one of {', '.join(QUANTITIES)}, got {quantity!r}")
    reader = AxisCounts(graph, orders or {})
    if quantity == "channels":
        counts = [(1, [reader.whole(name)]) for name in reader.sizes]
    else:
        counts = [
            (reader.scale // divisor * factor, [reader.counts(atoms) for atoms in axes])
            for layer in graph.layers
            for factor, axes, divisor in _products(graph, layer, quantity, reader.chart)
        ]
    terms: Counter[Monomial] = Counter()
    for factor, sums in counts:
        _add_product(terms, factor, sums)
    return WidthCost(
        quantity=quantity,
        sizes=reader.sizes,
        smallest={name: reader.smallest(name) for name in reader.sizes},
        multiples=reader.multiples,
        terms={key: factor for key, factor in terms.items() if factor},
        tables={name: tuple(tables.values()) for name, tables in reader.tables.items()},
        scale=1 if quantity == "channels" else reader.scale,
    )


def _products(
    graph: WeightGraph, layer: Layer, quantity: str, chart: ChannelMap
) -> Iterator[tuple[int, list[Channels], int]]:
    """Yield (factor, axes, divisor) with the sum of ``factor prod len(axes) / divisor`` the count of a layer."""
    out = chart.atoms[layer.name]
    if isinstance(layer, WeightLayer):
        places = math.prod(layer.weight.shape[2:])
        if quantity == "macs":
            places *= uses(layer, *(graph.shapes[name] for name in layer.inputs))
        if isinstance(layer, Conv) and layer.depthwise:
            yield places, [out], 1
        else:
            yield places, [out, chart.of_inputs(layer)[0]], layer.groups
    if quantity == "params":
        for key, tensor in layer.tensors():
            if is_parameter(graph, layer, key) and not (isinstance(layer, WeightLayer) and key == "weight"):
                if tensor.ndim and tensor.shape[0] == len(out):
                    yield 1, [out], 1
                else:
                    yield tensor.numel(), [], 1


def _add_product(terms: Counter[Monomial], factor: int, sums: list[dict[Monomial, int]]) -> None:
    """Multiply sums of counts out and add them to a polynomial."""
    product: dict[Monomial, int] = {(): factor}
    for factors in sums:
        expanded: Counter[Monomial] = Counter()
        for key, value in product.items():
            for other, times in factors.items():
                expanded[tuple(sorted(key + other))] += value * times
        product = dict(expanded)
    terms.update(product)
