"""How many multiply-accumulates a network takes: dense, nominal and effective."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import singledispatch

from torch import Tensor

from theoryprune.errors import UnsupportedLayerError
from theoryprune.graph.transform import check_fits
from theoryprune.layers import Add, Channelwise, Concat, Conv, Flatten, Layer, Linear, Shape, Softmax, Take, ZeroPad
from theoryprune.types import Mask, WeightGraph

CONVENTION = "conv+linear MACs, batch 1"
"""What is counted: one MAC is one multiply-add of a convolution or linear map, padding counted as if dense.

Bias and elementwise additions, activations, pooling and normalisation are left out. FLOPs are twice the MACs.
"""


@singledispatch
def uses(layer: Layer, *shapes: Shape) -> int:
    """Count the multiply-adds that each weight of a layer takes part in, for one example.

    Parameters
    ----------
    layer : Layer
    *shapes : tuple of int
        Shapes per example of the tensors that the layer reads.

    Returns
    -------
    int
        The number of output positions; 0 for layers that the convention leaves out.

    Raises
    ------
    UnsupportedLayerError
        If the count has no rule for this kind of layer.
    """
    raise UnsupportedLayerError(f"'{layer.name}': multiply-accumulates have no rule for layers of kind '{layer.kind}'")


@uses.register
def _(layer: Linear, *shapes: Shape) -> int:
    return 1


@uses.register
def _(layer: Conv, *shapes: Shape) -> int:
    return math.prod(layer.shape(*shapes)[1:])


@uses.register(Channelwise)
@uses.register(Add)
@uses.register(Concat)
@uses.register(Flatten)
@uses.register(Softmax)
@uses.register(Take)
@uses.register(ZeroPad)
def _(layer: Layer, *shapes: Shape) -> int:
    return 0


def layer_macs(graph: WeightGraph, mask: Mask | None = None) -> dict[str, int]:
    """Count the multiply-accumulates of each convolution and linear map, by the name of its weight.

    Parameters
    ----------
    graph : WeightGraph
        On any device, ``meta`` included.
    mask : Mask, optional
        Count the kept weights only (weights that it does not name are kept): *nominal* MACs of the mask, *effective*
        ones where the mask is that of `effective_mask`. No count is a speed: hardware computes the zeros too, until
        `compact` removes them.

    Returns
    -------
    dict of str to int
        See `CONVENTION`; nothing is computed.

    Raises
    ------
    ValueError
        If the mask does not fit the graph.
    UnsupportedLayerError
        If the count has no rule for some layer.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> layer_macs(tp.extract(torch.nn.Conv2d(3, 8, 3, stride=2, padding=1), (3, 32, 32)))
    {'weight': 55296}
    """
    kept: Mapping[str, Tensor] = {}
    if mask is not None:
        check_fits(graph, mask)
        kept = mask.keep
    shapes = graph.shapes
    times = {layer.name: uses(layer, *(shapes[name] for name in layer.inputs)) for layer in graph.layers}
    return {
        name: times[layer.name] * (int(kept[name].count_nonzero()) if name in kept else layer.weight.numel())
        for name, layer in graph.weight_layers.items()
    }


def macs(graph: WeightGraph, mask: Mask | None = None) -> int:
    """Count the multiply-accumulates of a network for one example: the sum of `layer_macs`."""
    return sum(layer_macs(graph, mask).values())
