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

_FEW = 16
"""Up to so many positions a product is memory-bound, and the order of reading the weight counts."""


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
        self._kernels = layer.weight
        self._shape, self._out = (1, *shape), (1, *layer.shape(shape))
        self._windows = _windows(layer, shape)

    def columns(self, x: Tensor) -> Tensor:
        """Return the entries of `x` that the weights are multiplied with.

        Parameters
        ----------
        x : Tensor, shape (1, channels, *space)

        Returns
        -------
        Tensor, shape (groups, inputs per group times taps, positions)
            To be used before the next call.
        """
        if self._windows is None:
            return x.reshape(len(self.weight), self.weight.shape[2], -1)
        if self._windows.of is not x:
            self._windows.cut(x)
        return self._windows.cells.reshape(len(self.weight), self.weight.shape[2], -1)

    def apply(self, x: Tensor) -> Tensor:
        """Return the layer's output, of shape (1, outputs, *positions)."""
        return _multiply(self.weight, self.columns(x)).view(self._out)

    def pull_back(self, g: Tensor) -> Tensor:
        """Return the gradient with respect to the input, given that with respect to the output."""
        if self._back is not None:
            turned = self._kernels.transpose(0, 1).flip(list(range(2, self._kernels.ndim)))
            self._back.cut(g.view(self._out))
            read = self._back.cells.reshape(self.weight.shape[1] * turned[0, 0].numel(), -1)
            return torch.mm(turned.reshape(self._shape[1], -1), read).view(self._shape)
        gradients = _multiply_turned(self.weight, self.slopes(g))
        if self._windows is None:
            return gradients.reshape(self._shape)
        return self._windows.scatter(gradients, self._shape)

    def slopes(self, g: Tensor) -> Tensor:
        """Return the gradient with respect to the output as (groups, outputs per group, positions)."""
        return g.reshape(*self.weight.shape[:2], -1)

    @cached_property
    def _back(self) -> _Windows | None:
        """Return windows over the output such that the kernels, turned around, give the gradient of the input.

        Only for stride 1 and one group, and where turning few weights is cheaper than scattering many positions.
        """
        w = self._windows
        if w is None or len(self.weight) > 1 or any(s > 1 for s in w.strides):
            return None
        pads = tuple((reach - a, reach - b) for (a, b), reach in zip(w.pads, w.reaches, strict=True))
        if min(map(min, pads)) < 0 or self.weight.shape[1] > 2 * prod(self._out[2:]):
            return None
        return _Windows(self._out[1:], w.kernel, w.strides, pads, w.dilation)


def _windows(layer: WeightLayer, shape: Shape) -> _Windows | None:
    """Return the windows of a convolution; None where each position reads itself alone."""
    if not isinstance(layer, Conv):
        return None
    single = all(k == 1 for k in layer.kernel) and all(s == 1 for s in layer.stride) and not any(map(any, layer.pads))
    return None if single else _Windows(shape, layer.kernel, layer.stride, layer.pads, layer.dilation)


def _multiply(a: Tensor, b: Tensor) -> Tensor:
    return torch.mm(a[0], b[0])[None] if len(a) == 1 else torch.bmm(a, b)


def _multiply_turned(a: Tensor, b: Tensor) -> Tensor:
    """Return ``a.mT @ b``; with few columns from the other side, which reads `a` row by row."""
    if len(a) > 1:
        return torch.bmm(a.mT, b)
    return (torch.mm(b[0].T, a[0]).T if b.shape[2] <= _FEW else torch.mm(a[0].T, b[0]))[None]


class _Windows:
    """Windows that slide over padded space.

    Parameters
    ----------
    shape : tuple of int
        Of what they slide over, (channels, *space).
    kernel, strides, pads, dilation
        Along each axis; `pads` are zeros (before, after).

    Attributes
    ----------
    of : Tensor or None
        What they slid over last.
    cells : Tensor, shape (channels, *taps, *positions)
        The cells of all windows over it.
    """

    def __init__(
        self, shape: Shape, kernel: Shape, strides: Shape, pads: tuple[tuple[int, int], ...], dilation: Shape
    ) -> None:
        self.kernel, self.strides, self.pads, self.dilation = kernel, strides, pads, dilation
        self.reaches = tuple(d * (k - 1) for k, d in zip(kernel, dilation, strict=True))
        self._sizes = [n + a + b for n, (a, b) in zip(shape[1:], pads, strict=True)]
        self._channels = shape[0]
        self._inside = (slice(None), *(slice(a, a + n) for n, (a, _) in zip(shape[1:], pads, strict=True)))
        self.of: Tensor | None = None
        # Made at the first use and kept: the border of zeros, and memory for the columns of a small map.
        self._padded: Tensor | None = None

    def cut(self, x: Tensor) -> None:
        """Slide over `x` of shape (1, channels, *space); then `cells` holds all windows' cells."""
        if self._padded is None:
            self._padded = x.new_zeros(self._channels, *self._sizes)
            self._inner, self._views = self._padded[self._inside], self._view(self._padded)
            small = self._views.numel() <= _KEEP
            self.cells = x.new_empty(self._views.shape) if small else self._views
        self._inner.copy_(x[0])
        if self.cells is not self._views:
            self.cells.copy_(self._views)
        self.of = x

    def _view(self, padded: Tensor) -> Tensor:
        view, dims = padded, len(self.kernel)
        for axis, (reach, stride, dilation) in enumerate(zip(self.reaches, self.strides, self.dilation, strict=True)):
            view = view.unfold(axis + 1, reach + 1, stride)[..., ::dilation]
        return view.permute(0, *range(dims + 1, 2 * dims + 1), *range(1, dims + 1))

    def scatter(self, gradients: Tensor, shape: Shape) -> Tensor:
        """Add the gradients of all cells up where they came from."""
        if len(self.kernel) == 2 and all(a == b for a, b in self.pads):
            flat = gradients.reshape(1, -1, gradients.shape[-1])
            height, width = self.pads[0][0], self.pads[1][0]
            return functional.fold(flat, shape[2:], self.kernel, self.dilation, (height, width), self.strides)
        out = gradients.new_zeros(self._channels, *self._sizes)
        cells = self._view(out)  # overlapping: to be added to tap by tap
        taps = gradients.reshape(cells.shape).flatten(1, len(self.kernel))
        for number, place in enumerate(
            torch.cartesian_prod(*map(torch.arange, self.kernel)).view(-1, len(self.kernel))
        ):
            cells[(slice(None), *place.tolist())] += taps[:, number]
        return out[self._inside][None]
