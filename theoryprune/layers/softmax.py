"""Softmax and log-softmax over the classes, as the last layer of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from theoryprune.layers.base import Channels, Coupling, Layer, Shape
from theoryprune.layers.call import Call, Refusal


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Softmax(Layer):
    """``exp(x_c) / sum_k exp(x_k)`` over the channels, or its logarithm."""

    kind = "softmax"
    log: bool = False

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.softmax` or `torch.log_softmax`."""
        return torch.log_softmax(xs[0], 1) if self.log else torch.softmax(xs[0], 1)

    def shape(self, *shapes: Shape) -> Shape:
        """Return the input's shape."""
        return shapes[0]

    def couple(self, coupling: Coupling, *channels: Channels) -> Channels:
        """Pass the numbers on: the outputs of a network are never removed."""
        return channels[0]

    def select(self, out: Tensor, *ins: Tensor) -> Self:
        """Nothing to select."""
        return self


def convert_softmax(call: Call) -> Softmax:
    """Read ``aten.softmax`` and ``aten.log_softmax`` over axis 1."""
    x = call.value("self")
    if int(call.number("dim")) % (len(x.shape) + 1) != 1:
        raise Refusal("it normalises over another axis than the channels", "apply it over axis 1")
    if call.args.get("dtype") is not None:
        raise Refusal("it changes the number format", "keep one floating dtype throughout")
    return Softmax(name=call.name, inputs=(x.name,), log=call.op.startswith("log"))
