"""Weight layers as matrix products: what every weight is multiplied with, laid out in columns."""

from __future__ import annotations

from functools import cached_property
from math import prod

import torch
from torch import Tensor
from torch.nn import functional

from theoryprune.layers import Conv, Shape, WeightLayer

_KEEP = 1 << 18
"""Columns of up to so many entries are kept until the scores have been made of them."""


class Product:
    """A weight layer on inputs of one shape, without its bias, as ``weight @ columns`` in each group.

    Parameters
    ----------
    layer : WeightLayer
        Its weight is used as it stands at the time of each call.
    shape : tuple of int
        Of the input, (channels, *space).

    Attributes
    ----------
    weight : Tensor, shape (groups, outputs per group, inputs per group times taps)
        A view of the layer's.
    """

    def __init__(self, layer: WeightLayer, shape: Shape) -> None:
        self.weight = layer.weight.view(layer.groups, -1, layer.weight[0].numel())
        self._layer, self._shape, self._out = layer, (1, *shape), (1, *layer.shape(shape))
        self._kept: Tensor | None = None
        self._windows = _windows(layer)

    def columns(self, x: Tensor) -> Tensor:
        """Return the entries of `x` that the weights are multiplied with.

        Parameters
        ----------
        x : Tensor, shape (1, channels, *space)

        Returns
        -------
        Tensor, shape (groups, inputs per group times taps, positions)
        """
        if self._windows is None:
            return x.reshape(len(self.weight), self.weight.shape[2], -1)
        return self._windows.cut(x[0]).reshape(len(self.weight), self.weight.shape[2], -1)

    def apply(self, x: Tensor) -> Tensor:
        """Return the layer's output, of shape (1, outputs, *positions)."""
        read = self.columns(x)
        self._kept = read if self._windows is not None and read.numel() <= _KEEP else None
        return _multiply(self.weight, read).view(self._out)

    def pull_back(self, g: Tensor) -> Tensor:
        """Return the gradient with respect to the input, given that with respect to the output."""
        g = self.slopes(g)
        if self._windows is None:
            return _multiply(self.weight.mT, g).reshape(self._shape)
        if self._turnable:
            return self._turned(self._windows, g)
        return self._windows.scatter(_multiply(self.weight.mT, g), self._shape)

    def slopes(self, g: Tensor) -> Tensor:
        """Return the gradient with respect to the output as (groups, outputs per group, positions)."""
        return g.reshape(*self.weight.shape[:2], -1)

    def factors(self, x: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
        """Return slopes and columns: their product over positions is the gradient with respect to `weight`.

        The columns of the last `apply`, if they were kept; then they are forgotten.
        """
        read, self._kept = self._kept, None
        return self.slopes(g), self.columns(x) if read is None else read

    @cached_property
    def _turnable(self) -> bool:
        """Whether turning the kernels is cheaper than scattering: few weights beside the positions, and stride 1."""
        w = self._windows
        if w is None or len(self.weight) > 1 or any(s > 1 for s in w.strides):
            return False
        inside = all(max(pair) <= reach for pair, reach in zip(w.pads, w.reaches, strict=True))
        return inside and self.weight.shape[1] <= 2 * prod(self._out[2:])

    def _turned(self, w: _Windows, g: Tensor) -> Tensor:
        """Correlate the gradient with the kernels turned around: the transpose of a convolution of stride 1."""
        weight = self._layer.weight
        turned = weight.transpose(0, 1).flip(list(range(2, weight.ndim))).reshape(weight.shape[1], -1)
        pads = tuple((reach - a, reach - b) for (a, b), reach in zip(w.pads, w.reaches, strict=True))
        back = _Windows(w.kernel, w.strides, pads, w.dilation)
        gathered = back.cut(g.view(weight.shape[0], *self._out[2:])).reshape(turned.shape[1], -1)
        return torch.mm(turned, gathered).view(self._shape)


def _windows(layer: WeightLayer) -> _Windows | None:
    """Return the windows of a convolution; None where each position reads itself alone."""
    if not isinstance(layer, Conv):
        return None
    single = all(k == 1 for k in layer.kernel) and all(s == 1 for s in layer.stride) and not any(map(any, layer.pads))
    return None if single else _Windows(layer.kernel, layer.stride, layer.pads, layer.dilation)


def _multiply(a: Tensor, b: Tensor) -> Tensor:
    return torch.mm(a[0], b[0])[None] if len(a) == 1 else torch.bmm(a, b)


class _Windows:
    """Windows that slide over padded space."""

    def __init__(self, kernel: Shape, strides: Shape, pads: tuple[tuple[int, int], ...], dilation: Shape) -> None:
        self.kernel, self.strides, self.pads, self.dilation = kernel, strides, pads, dilation
        self.reaches = tuple(d * (k - 1) for k, d in zip(kernel, dilation, strict=True))
        dims = len(kernel)
        self._sides = [side for pair in reversed(pads) for side in pair]
        self._order = (0, *range(dims + 1, 2 * dims + 1), *range(1, dims + 1))

    def cut(self, x: Tensor) -> Tensor:
        """Return the cells of all windows over `x` of shape (channels, *space): (channels, *taps, *positions)."""
        view = functional.pad(x, self._sides) if any(self._sides) else x
        for axis, (reach, stride, dilation) in enumerate(zip(self.reaches, self.strides, self.dilation, strict=True)):
            view = view.unfold(axis + 1, reach + 1, stride)
            if dilation > 1:
                view = view[..., ::dilation]
        return view.permute(self._order)

    def scatter(self, gradients: Tensor, shape: Shape) -> Tensor:
        """Add the gradients of all cells up where they came from."""
        if len(self.kernel) == 2 and all(a == b for a, b in self.pads):
            flat = gradients.reshape(1, -1, gradients.shape[-1])
            height, width = self.pads[0][0], self.pads[1][0]
            return functional.fold(flat, shape[2:], self.kernel, self.dilation, (height, width), self.strides)
        sizes = [n + a + b for n, (a, b) in zip(shape[2:], self.pads, strict=True)]
        out = gradients.new_zeros(shape[1], *sizes)
        counts = [(n - r - 1) // s + 1 for n, r, s in zip(sizes, self.reaches, self.strides, strict=True)]
        taps = gradients.reshape(shape[1], prod(self.kernel), *counts)
        grid = torch.cartesian_prod(*map(torch.arange, self.kernel)).view(-1, len(self.kernel)).tolist()
        for number, place in enumerate(grid):
            spans = zip(place, self.strides, self.dilation, counts, strict=True)
            cells = tuple(slice(tap * d, tap * d + (count - 1) * s + 1, s) for tap, s, d, count in spans)
            out[(slice(None), *cells)] += taps[:, number]
        inside = tuple(slice(a, a + n) for n, (a, _) in zip(shape[2:], self.pads, strict=True))
        return out[(slice(None), *inside)][None]
