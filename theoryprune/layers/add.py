"""Sums of two tensors: residual connections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from theoryprune.layers.base import Channels, Coupling, Layer, Shape
from theoryprune.layers.call import Call, Refusal, Value
from theoryprune.layers.constant import Shift, convert_shift


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Add(Layer):
    """``first + alpha second`` of two tensors of one shape; ``alpha = -1`` is subtraction."""

    kind = "add"
    alpha: float = 1

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.add`."""
        return torch.add(xs[0], xs[1], alpha=self.alpha)

    def shape(self, *shapes: Shape) -> Shape:
        """Return the shape of either input."""
        return shapes[0]

    def couple(self, coupling: Coupling, *channels: Channels) -> Channels:
        """Channel c of one input lives and dies with channel c of the other."""
        first, second = channels
        coupling.tie(first, second)
        return first

    def select(self, out: Tensor, *ins: Tensor) -> Self:
        """Nothing to select: the inputs bring the channels."""
        return self


def convert_add(call: Call) -> Add | Shift:
    """Read ``aten.add`` and ``aten.sub`` of two activations, or of one activation and a constant."""
    first, second = call.args["self"], call.args["other"]
    sign = -1 if call.op.startswith("sub") else 1
    alpha = sign * call.number("alpha")
    if not (isinstance(first, Value) and isinstance(second, Value)):
        return convert_shift(call, alpha)
    if first.shape != second.shape:
        raise Refusal(f"it broadcasts {first.shape} against {second.shape}", "bring both to one shape first")
    return Add(name=call.name, inputs=(first.name, second.name), alpha=alpha)
