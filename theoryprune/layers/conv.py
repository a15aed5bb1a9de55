"""Convolutions over one, two or three axes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from theoryprune.layers.base import Channels, Coupling, Shape, WeightLayer, in_format_of, take
from theoryprune.layers.call import Call, Refusal, names_of
from theoryprune.layers.window import extent

_CONVS = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Conv(WeightLayer):
    """Cross-correlation with `weight` of shape (out, in / groups, *kernel), zero padding, any stride and dilation.

    `padding` is the number of zeros on either side per axis, or ``"same"`` (stride 1; the odd zero goes to the end).
    """

    kind = "conv"
    stride: tuple[int, ...]
    padding: tuple[int, ...] | str
    dilation: tuple[int, ...]
    group_count: int = 1

    @property
    def groups(self) -> int:
        """Number of groups of channels that do not mix."""
        return self.group_count

    @property
    def dims(self) -> int:
        """Number of spatial axes."""
        return self.weight.ndim - 2

    @property
    def kernel(self) -> tuple[int, ...]:
        """Size of the kernel along each spatial axis."""
        return tuple(self.weight.shape[2:])

    @property
    def pads(self) -> tuple[tuple[int, int], ...]:
        """Zeros (before, after) along each spatial axis."""
        if self.padding == "same":
            totals = [d * (k - 1) for k, d in zip(self.kernel, self.dilation, strict=True)]
            return tuple((t // 2, t - t // 2) for t in totals)
        if self.padding == "valid":
            return ((0, 0),) * self.dims
        return tuple((int(p), int(p)) for p in self.padding)

    @property
    def depthwise(self) -> bool:
        """Whether every group reads exactly one channel (and there are several)."""
        return self.groups > 1 and self.weight.shape[1] == 1

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.nn.functional.conv1d`, `conv2d` or `conv3d`."""
        convolve = _CONVS[self.dims]
        return convolve(xs[0], self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def shape(self, *shapes: Shape) -> Shape:
        """Return (out, positions along each axis)."""
        sizes = (
            extent(n, k, s, a + b, d)
            for n, k, s, (a, b), d in zip(
                shapes[0][1:], self.kernel, self.stride, self.pads, self.dilation, strict=True
            )
        )
        return (self.weight.shape[0], *sizes)

    def couple(self, coupling: Coupling, *channels: Channels) -> Channels:
        """Outputs are new, except that depthwise outputs live and die with the one channel they read."""
        out = self.weight.shape[0]
        if self.depthwise:
            repeated = np.repeat(channels[0], out // self.groups)
            fresh = coupling.fresh(out)
            coupling.tie(fresh, repeated)
            return fresh
        return coupling.fresh(out)

    def select(self, out: Tensor, *ins: Tensor) -> Self:
        """Take output channels `out` and input channels `ins[0]`; whole groups may go, the others shrink alike."""
        bias = None if self.bias is None else take(self.bias, out)
        if self.groups == 1:
            return replace(self, weight=take(self.weight, out, ins[0]), bias=bias)
        rows, columns = self.weight.shape[0] // self.groups, self.weight.shape[1]
        counts = [torch.bincount(i // n, minlength=self.groups) for i, n in ((out, rows), (ins[0], columns))]
        alive = torch.stack([count[counts[0] + counts[1] > 0] for count in counts], 1)
        if len(alive) == 0 or (alive != alive[0]).any():
            raise ValueError(f"selection of '{self.name}' leaves its {self.groups} groups with unequal channels")
        within = (ins[0] % columns).view(len(alive), 1, -1)
        places = (out.view(len(alive), -1, 1) * columns + within).view(len(out), -1)
        weight = take(self.weight.flatten(0, 1), places.view(-1)).view(*places.shape, *self.weight.shape[2:])
        return replace(self, weight=in_format_of(self.weight, weight), bias=bias, group_count=len(alive))


def convert_conv(call: Call) -> Conv:
    """Read ``aten.conv1d``, ``conv2d`` and ``conv3d``, with numeric or named padding."""
    x, weight, bias = call.value("input"), call.stored("weight"), call.maybe_stored("bias")
    dims = weight.tensor.ndim - 2
    if len(x.shape) != dims + 1:
        raise Refusal("its input has no batch axis of its own", "keep the batch axis apart from the others")
    padding = call.args["padding"]
    return Conv(
        name=call.name,
        inputs=(x.name,),
        names=names_of(weight=weight, bias=bias),
        weight=weight.tensor,
        bias=None if bias is None else bias.tensor,
        stride=call.ints("stride", dims),
        padding=padding if isinstance(padding, str) else call.ints("padding", dims),
        dilation=call.ints("dilation", dims),
        group_count=int(call.number("groups")),
    )
