"""Slices: every s-th position along a spatial axis, or a choice of channels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from torch import Tensor

from theoryprune.layers.base import Channels, Channelwise, Coupling, Layer, Shape
from theoryprune.layers.call import Call, Refusal, Value


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Slice(Channelwise):
    """Positions ``start:stop:step`` along the spatial axis `axis` (1 is the first one after the channels)."""

    kind = "slice"
    axis: int
    start: int
    stop: int
    step: int

    def forward(self, *xs: Tensor) -> Tensor:
        """Slice, without a copy."""
        return xs[0][(slice(None),) * (self.axis + 1) + (slice(self.start, self.stop, self.step),)]

    def shape(self, *shapes: Shape) -> Shape:
        """Return the shape with one axis shortened."""
        shape = list(shapes[0])
        shape[self.axis] = len(range(self.start, self.stop, self.step))
        return tuple(shape)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Take(Layer):
    """The channels `index`, in that order."""

    kind = "take"
    index: tuple[int, ...]

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.index_select`."""
        return xs[0].index_select(1, torch.tensor(self.index, dtype=torch.int64, device=xs[0].device))

    def shape(self, *shapes: Shape) -> Shape:
        """Return (number of chosen channels, *space)."""
        return (len(self.index), *shapes[0][1:])

    def couple(self, coupling: Coupling, *channels: Channels) -> Channels:
        """Pass on the numbers of the chosen channels."""
        return channels[0][np.array(self.index, dtype=np.int64)]

    def select(self, out: Tensor, *ins: Tensor) -> Self:
        """Point the chosen channels at their places among the inputs that stay."""
        place = {channel: i for i, channel in enumerate(ins[0].tolist())}
        return replace(self, index=tuple(place[self.index[i]] for i in out.tolist()))


def convert_index_select(call: Call) -> Take:
    """Read ``aten.index_select`` of channels by a stored index."""
    x, index = call.value("self"), call.stored("index")
    if int(call.number("dim")) % (len(x.shape) + 1) != 1 or index.tensor.is_meta:
        raise Refusal("it selects along another axis than the channels, or by unknown indices", "select channels")
    return Take(name=call.name, inputs=(x.name,), index=tuple(index.tensor.tolist()))


def convert_slice(call: Call) -> Slice | Take | Value:
    """Read ``aten.slice``."""
    x = call.value("self")
    axis = int(call.number("dim")) % (len(x.shape) + 1) - 1
    bounds = [call.args[key] for key in ("start", "end", "step")]
    if any(bound is not None and not isinstance(bound, int) for bound in bounds):
        raise Refusal("its bounds depend on the data", "use fixed bounds")
    chosen = slice(*bounds)
    if axis < 0:
        if (
            chosen.start in (None, 0)
            and chosen.step in (None, 1)
            and chosen.stop in (None, torch.iinfo(torch.int64).max)
        ):
            return x
        raise Refusal("it slices the batch axis", "keep the examples apart")
    if call.shape == x.shape:
        return x
    start, stop, step = chosen.indices(x.shape[axis])
    if axis == 0:
        return Take(name=call.name, inputs=(x.name,), index=tuple(range(start, stop, step)))
    return Slice(name=call.name, inputs=(x.name,), axis=axis, start=start, stop=stop, step=step)
