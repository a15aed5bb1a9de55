"""Weight layers as matrix products: what every weight is multiplied with, laid out in columns."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor
from torch.nn import functional

from theoryprune.layers import Conv, WeightLayer


def columns(layer: WeightLayer, x: Tensor) -> Tensor:
    """Return the entries of `x` that the weights are multiplied with.

    Parameters
    ----------
    layer : WeightLayer
    x : Tensor, shape (1, channels, *space)

    Returns
    -------
    Tensor, shape (groups, inputs per group times taps, positions)
        Then the layer's output is ``matrix(layer) @ columns``, in rows per group.
    """
    if not isinstance(layer, Conv):
        return x.reshape(1, -1, 1)
    view = _padded(layer, x[0])
    for axis, (kernel, stride, dilation) in enumerate(zip(layer.kernel, layer.stride, layer.dilation, strict=True)):
        view = view.unfold(axis + 1, dilation * (kernel - 1) + 1, stride)[..., ::dilation]
    dims = layer.dims
    taps, positions = range(dims + 1, 2 * dims + 1), range(1, dims + 1)
    return view.permute(0, *taps, *positions).reshape(layer.groups, layer.weight[0].numel(), -1)


def matrix(layer: WeightLayer) -> Tensor:
    """Return the weight as (groups, outputs per group, inputs per group times taps), without a copy."""
    return layer.weight.view(layer.groups, -1, layer.weight[0].numel())


def product(layer: WeightLayer, x: Tensor) -> Tensor:
    """Apply the layer, without its bias, as one matrix product.

    Parameters
    ----------
    layer : WeightLayer
    x : Tensor, shape (1, channels, *space)

    Returns
    -------
    Tensor, shape (1, outputs, *positions)
    """
    rows = _multiply(matrix(layer), columns(layer, x))
    return rows.reshape(1, *layer.shape(tuple(x.shape[1:])))


def pull_back(layer: WeightLayer, g: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return the gradient with respect to the input, given that with respect to the output.

    Parameters
    ----------
    layer : WeightLayer
    g : Tensor, shape (1, outputs, *positions)
    shape : tuple of int
        Of the input, with the batch axis.

    Returns
    -------
    Tensor, shape `shape`
    """
    weight = matrix(layer)
    g = g.reshape(layer.groups, weight.shape[1], -1)
    if not isinstance(layer, Conv):
        return _multiply(weight.mT, g).reshape(shape)
    if _turnable(layer, g):
        return _turned(layer, g, shape)
    return _scattered(layer, _multiply(weight.mT, g), shape)


def _multiply(a: Tensor, b: Tensor) -> Tensor:
    return torch.mm(a[0], b[0])[None] if len(a) == 1 else torch.bmm(a, b)


def _padded(layer: Conv, x: Tensor) -> Tensor:
    pads = [side for pair in reversed(layer.pads) for side in pair]
    return functional.pad(x, pads) if any(pads) else x


def _turnable(layer: Conv, g: Tensor) -> bool:
    """Whether turning the kernels is cheaper than scattering: few weights beside the positions, stride 1."""
    simple = layer.groups == 1 and all(s == 1 for s in layer.stride)
    inside = all(max(pair) <= d * (k - 1) for pair, k, d in zip(layer.pads, layer.kernel, layer.dilation, strict=True))
    return simple and inside and prod(layer.kernel) > 1 and layer.weight.shape[0] <= 2 * g.shape[2]


def _turned(layer: Conv, g: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Correlate the gradient with the kernels turned around: the transpose of a convolution of stride 1."""
    axes = list(range(2, 2 + layer.dims))
    turned = layer.weight.transpose(0, 1).flip(axes).reshape(layer.weight.shape[1], -1)
    out = g.reshape(layer.weight.shape[0], *layer.shape(shape[1:])[1:])
    reach = [d * (k - 1) for k, d in zip(layer.kernel, layer.dilation, strict=True)]
    pads = [side for (a, b), r in reversed(list(zip(layer.pads, reach, strict=True))) for side in (r - a, r - b)]
    view = functional.pad(out, pads)
    for axis, (r, dilation) in enumerate(zip(reach, layer.dilation, strict=True)):
        view = view.unfold(axis + 1, r + 1, 1)[..., ::dilation]
    taps, positions = range(layer.dims + 1, 2 * layer.dims + 1), range(1, layer.dims + 1)
    gathered = view.permute(0, *taps, *positions).reshape(turned.shape[1], -1)
    return torch.mm(turned, gathered).reshape(shape)


def _scattered(layer: Conv, gradients: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Add the gradients of the columns up where their entries came from, tap by tap."""
    if all(k == s == 1 and pair == (0, 0) for k, s, pair in zip(layer.kernel, layer.stride, layer.pads, strict=True)):
        return gradients.reshape(shape)
    if layer.dims == 2 and all(a == b for a, b in layer.pads):
        (height, width), pads = shape[2:], [a for a, _ in layer.pads]
        flat = gradients.reshape(1, -1, gradients.shape[-1])
        return functional.fold(flat, (height, width), layer.kernel, layer.dilation, pads, layer.stride)
    sizes = [n + a + b for n, (a, b) in zip(shape[2:], layer.pads, strict=True)]
    out = gradients.new_zeros(shape[1], *sizes)
    counts = layer.shape(shape[1:])[1:]
    taps = gradients.reshape(shape[1], prod(layer.kernel), *counts)
    for number, place in enumerate(
        torch.cartesian_prod(*map(torch.arange, layer.kernel)).view(-1, layer.dims).tolist()
    ):
        spans = zip(place, layer.stride, layer.dilation, counts, strict=True)
        cells = tuple(slice(tap * d, tap * d + (count - 1) * s + 1, s) for tap, s, d, count in spans)
        out[(slice(None), *cells)] += taps[:, number]
    inside = tuple(slice(a, a + n) for n, (a, _) in zip(shape[2:], layer.pads, strict=True))
    return out[(slice(None), *inside)][None]
