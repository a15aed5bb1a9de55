"""Padding with zeros, over space or over channels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from torch import Tensor
from torch.nn import functional

from theoryprune.layers.base import Channels, Coupling, Layer, Shape
from theoryprune.layers.call import Call, Refusal


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ZeroPad(Layer):
    """Zeros (before, after) along each axis; axis 0 are the channels."""

    kind = "zero_pad"
    pads: tuple[tuple[int, int], ...]

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.nn.functional.pad`."""
        return functional.pad(xs[0], [side for pair in reversed(self.pads) for side in pair])

    def shape(self, *shapes: Shape) -> Shape:
        """Return the enlarged shape."""
        return tuple(n + a + b for n, (a, b) in zip(shapes[0], self.pads, strict=True))

    def couple(self, coupling: Coupling, *channels: Channels) -> Channels:
        """Surround the numbers with new ones: zero channels are channels like any other."""
        before, after = self.pads[0]
        return np.concatenate([coupling.fresh(before), channels[0], coupling.fresh(after)])

    def select(self, out: Tensor, *ins: Tensor) -> Self:
        """Keep as many zero channels before and after as `out` asks for."""
        first = int((out < self.pads[0][0]).sum())
        return replace(self, pads=((first, len(out) - first - len(ins[0])), *self.pads[1:]))


def convert_pad(call: Call) -> ZeroPad:
    """Read ``aten.pad`` and ``aten.constant_pad_nd`` with zeros."""
    x, mode, value = call.value("self"), call.args.get("mode", "constant"), call.args.get("value")
    if mode != "constant" or value not in (None, 0):
        raise Refusal(f"it pads with mode '{mode}' and value {value}", "pad with zeros")
    raw = call.args["pad"]
    sides = list(raw) if isinstance(raw, list | tuple) else []
    if any(not isinstance(side, int) or side < 0 for side in sides):
        raise Refusal("it crops (negative padding) or pads by a size taken out of the data", "crop by slicing")
    sides += [0] * (2 * len(x.shape) + 2 - len(sides))
    *pairs, batch = zip(sides[::2], sides[1::2], strict=True)
    if any(batch):
        raise Refusal("it pads the batch axis", "pad channels and space only")
    return ZeroPad(name=call.name, inputs=(x.name,), pads=tuple(reversed(pairs)))
