"""Density, sparsity, compression; parameters, multiply-accumulates, bytes: converted and counted here, nowhere else.

All counts are Python integers, so they are exact at any size. Amounts are validated here, with the same words for the
library and the command line.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import singledispatch
from numbers import Real

import torch

from theoryprune.errors import UnsupportedLayerError
from theoryprune.graph.transform import check_fits
from theoryprune.layers import (
    Add,
    BatchNorm,
    Channelwise,
    Concat,
    Conv,
    Flatten,
    Layer,
    Linear,
    Shape,
    Softmax,
    Take,
    ZeroPad,
)
from theoryprune.types import Mask, WeightGraph

CONVENTION = "conv+linear MACs, batch 1"
"""What is counted: one MAC is one multiply-add of a convolution or linear map, padding counted as if dense.

Bias and elementwise additions, activations, pooling and normalisation are left out. FLOPs are twice the MACs.
"""


def check_density(density: float) -> float:
    """Return `density` as a float, or say why it is none.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it does not lie in (0, 1].

    Examples
    --------
    >>> check_density(95)
    Traceback (most recent call last):
    ValueError: density must be in (0, 1], got 95; did you mean 0.95?
    """
    value = _number("density", density)
    if not 0 < value <= 1:
        raise ValueError(f"density must be in (0, 1], got {density}{_as_fraction(value)}")
    return value


def density_from_sparsity(sparsity: float) -> float:
    """Return ``1 - sparsity``, the fraction kept, rounded from the decimal digits given.

    Raises
    ------
    TypeError, ValueError
        If `sparsity`, the fraction removed, is no number in [0, 1).

    Examples
    --------
    >>> density_from_sparsity(0.9), 1 - 0.9
    (0.1, 0.09999999999999998)
    """
    value = _number("sparsity", sparsity)
    if not 0 <= value < 1:
        raise ValueError(f"sparsity must be in [0, 1), got {sparsity}{_as_fraction(value)}")
    return float(1 - Decimal(repr(value)))


def density_from_compression(compression: float) -> float:
    """Return ``1 / compression``, where compression is the number of prunable weights over that of kept ones.

    Raises
    ------
    TypeError, ValueError
        If `compression` is no finite number of at least 1.

    Examples
    --------
    >>> density_from_compression(100)
    0.01
    """
    value = _number("compression", compression)
    if not 1 <= value < math.inf:
        hint = f"; did you mean {1 / value:.6g} (which is density {value:g})?" if 0 < value < 1 else ""
        raise ValueError(f"compression must be finite and at least 1, got {compression}{hint}")
    return 1 / value


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {value!r} of type {type(value).__name__}")
    return float(value)


def _as_fraction(value: float) -> str:
    """Guess that a large number was a percentage."""
    return f"; did you mean {float(Decimal(repr(value)) / 100):g}?" if 2 <= value < 100 else ""


@dataclass(frozen=True)
class Size:
    """How many parameters a network has, and how many of them a mask keeps.

    Parameters
    ----------
    total : int
        All parameters: weights, biases, scales and shifts; no buffers (running statistics).
    prunable : int
        The weights that the mask counts (all weights of convolutions and linear maps where there is no mask).
    kept : int
        Those of them that are kept.
    """

    total: int
    prunable: int
    kept: int

    @property
    def density(self) -> float:
        """Kept over prunable."""
        return self.kept / self.prunable

    @property
    def compression_prunable(self) -> float:
        """Prunable over kept, the convention of SynFlow, SNIP and GraSP (infinite where nothing is kept)."""
        return self.prunable / self.kept if self.kept else math.inf

    @property
    def compression_total(self) -> float:
        """All parameters over those that stay, the convention of ShrinkBench."""
        stay = self.total - self.prunable + self.kept
        return self.total / stay if stay else math.inf


def size(graph: WeightGraph, mask: Mask | None = None) -> Size:
    """Count the parameters of a network and those that a mask keeps.

    Parameters
    ----------
    graph : WeightGraph
        On any device, ``meta`` included.
    mask : Mask, optional
        Weights that it does not name are protected: they count in the total only.

    Raises
    ------
    ValueError
        If the mask does not fit the graph.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> size(tp.extract(torch.nn.Linear(3, 2), (3,)))
    Size(total=8, prunable=6, kept=6)
    """
    total = sum(layer_parameters(graph).values())
    if mask is None:
        return Size(total, graph.num_weights, graph.num_weights)
    check_fits(graph, mask)
    return Size(total, mask.total, mask.kept)


def layer_parameters(graph: WeightGraph) -> dict[str, int]:
    """Count the parameters of every record, by its name: its weight and every other tensor that is no buffer."""
    weights = set(graph.order)

    def count(layer: Layer) -> int:
        named = {key: layer.names.get(key) for key, _ in layer.tensors()}
        statistics = {"running_mean", "running_var"} if isinstance(layer, BatchNorm) else set()
        return sum(
            tensor.numel()
            for key, tensor in layer.tensors()
            if key not in statistics and (named[key] in weights or named[key] not in graph.buffers)
        )

    return {layer.name: count(layer) for layer in graph.layers}


def nonzero_mask(graph: WeightGraph) -> Mask:
    """Return the mask of the weights that are not zero: that of a trained masked model, or of ``apply_mask``'s result.

    Raises
    ------
    ValueError
        If the graph lies on the meta device.
    """
    return Mask({name: weight != 0 for name, weight in graph.weights.items()})


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
    kept: Mapping[str, torch.Tensor] = {}
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


def stored_bytes(graph: WeightGraph) -> int:
    """Count the bytes of all tensors of a network as they are stored, dense, buffers included.

    A file of `save_graph` is larger by its header.
    """
    return sum(tensor.numel() * tensor.element_size() for layer in graph.layers for _, tensor in layer.tensors())


def mask_bytes(mask: Mask) -> int:
    """Count the bytes of a mask at one bit per weight, each layer rounded up; `save_mask` adds a header."""
    return sum(-(-keep.numel() // 8) for keep in mask.keep.values())
