"""Factors of a flow network taken into the weights before them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import torch
from torch import Tensor

from theoryprune.layers import Layer, Scale, WeightLayer
from theoryprune.types import WeightGraph


def fold_scales(network: WeightGraph) -> WeightGraph:
    """Multiply each weight by the factors that follow it, where nothing else reads in between.

    Parameters
    ----------
    network : WeightGraph
        A flow network.

    Returns
    -------
    WeightGraph
        With fewer records and the same function. A weight times its derivative is what it was, for both change by
        inverse factors. A product that would underflow is left as it is.
    """
    readers = Counter(name for layer in network.layers for name in layer.inputs)
    readers[network.output] += 1
    records: dict[str, Layer] = {}
    end: dict[str, str] = {}
    for layer in network.layers:
        layer = replace(layer, inputs=tuple(end.get(name, name) for name in layer.inputs))
        before = records.get(layer.inputs[0])
        if isinstance(layer, Scale) and isinstance(before, WeightLayer) and readers[before.name] == 1:
            weight = _product(before.weight, layer)
            if weight is not None:
                records[before.name] = replace(before, weight=weight)
                end[layer.name] = before.name
                readers[before.name] = readers[layer.name]
                continue
        records[layer.name] = layer
    return replace(network, layers=tuple(records.values()), output=end.get(network.output, network.output))


def _product(weight: Tensor, scale: Scale) -> Tensor | None:
    """Return the weight times the factor of each of its outputs; None if a positive product is lost."""
    factors = scale.per_channel(len(weight), weight.device).to(weight.dtype).view(-1, *(1 for _ in weight.shape[1:]))
    product = weight / factors if scale.divide else weight * factors
    lost = (product < torch.finfo(product.dtype).tiny) & (weight > 0) & (factors > 0)
    return None if bool(lost.any()) or not bool(product.isfinite().all()) else product
