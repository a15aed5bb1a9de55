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
        A flow network with tensors of its own: weights are multiplied in place.

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
        if (
            isinstance(layer, Scale)
            and isinstance(before, WeightLayer)
            and readers[before.name] == 1
            and _multiply(before.weight, layer)
        ):
            end[layer.name] = before.name
            readers[before.name] = readers[layer.name]
        else:
            records[layer.name] = layer
    return replace(network, layers=tuple(records.values()), output=end.get(network.output, network.output))


def _multiply(weight: Tensor, scale: Scale) -> bool:
    """Multiply a weight by the factor of each of its outputs; leave it and return False if a product might be lost."""
    factors = scale.per_channel(len(weight), weight.device).to(weight.dtype)
    factors = 1 / factors if scale.divide else factors
    limits = torch.finfo(weight.dtype)
    least = _least(weight) * _least(factors)
    if not (least >= limits.tiny and float(weight.amax()) * float(factors.amax()) <= limits.max):
        return False
    weight.mul_(factors.view(-1, *(1 for _ in weight.shape[1:])))
    return True


def _least(values: Tensor) -> float:
    """Return the smallest positive value; infinity if there is none."""
    return float(torch.where(values > 0, values, torch.inf).amin())
