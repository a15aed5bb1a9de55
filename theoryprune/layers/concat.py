"""Concatenation along the channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from theoryprune.layers.base import Channels, Coupling, Layer, Shape
from theoryprune.layers.call import Call, Refusal, Value


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Concat(Layer):
    """The channels of all inputs one after the other; one tensor may appear several times."""

    kind = "concat"

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.cat`."""
        return torch.cat(xs, 1)

    def shape(self, *shapes: Shape) -> Shape:
        """Return (sum of the channels, *space)."""
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])

    def couple(self, coupling: Coupling, *channels: Channels) -> Channels:
        """Pass the numbers on, one input after the other."""
        return np.concatenate(channels)

    def select(self, out: Tensor, *ins: Tensor) -> Self:
        """Nothing to select: the inputs bring the channels."""
        return self


def convert_cat(call: Call) -> Concat:
    """Read ``aten.cat``."""
    parts = call.args["tensors"]
    values = [part for part in parts if isinstance(part, Value)] if isinstance(parts, list | tuple) else []
    if not isinstance(parts, list | tuple) or len(values) != len(parts):
        raise Refusal("it concatenates something that is not computed from the input", "pad with zeros instead")
    if int(call.number("dim")) % (len(values[0].shape) + 1) != 1:
        raise Refusal("it concatenates along another axis than the channels", "concatenate along axis 1")
    return Concat(name=call.name, inputs=tuple(value.name for value in values))
