"""Activations: functions of one number, applied to every entry."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from theoryprune.layers.base import Channelwise, Shape
from theoryprune.layers.call import Call


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Elementwise(Channelwise):
    """An activation: the same function of every entry."""

    def shape(self, *shapes: Shape) -> Shape:
        """Return the input's shape."""
        return shapes[0]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ReLU(Elementwise):
    """``max(x, 0)``."""

    kind = "relu"

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.relu`."""
        return torch.relu(xs[0])


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LeakyReLU(Elementwise):
    """``x`` where positive, ``slope x`` elsewhere."""

    kind = "leaky_relu"
    slope: float

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.nn.functional.leaky_relu`."""
        return functional.leaky_relu(xs[0], self.slope)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Hardtanh(Elementwise):
    """``min(max(x, low), high)``; ReLU6 is the one from 0 to 6."""

    kind = "hardtanh"
    low: float
    high: float

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.nn.functional.hardtanh`."""
        return functional.hardtanh(xs[0], self.low, self.high)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class GELU(Elementwise):
    """``x Phi(x)``, exact (``"none"``) or by ``"tanh"``."""

    kind = "gelu"
    approximate: str = "none"

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.nn.functional.gelu`."""
        return functional.gelu(xs[0], approximate=self.approximate)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SiLU(Elementwise):
    """``x sigmoid(x)``."""

    kind = "silu"

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.nn.functional.silu`."""
        return functional.silu(xs[0])


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Sigmoid(Elementwise):
    """``1 / (1 + exp(-x))``."""

    kind = "sigmoid"

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.sigmoid`."""
        return torch.sigmoid(xs[0])


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Tanh(Elementwise):
    """The hyperbolic tangent."""

    kind = "tanh"

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.tanh`."""
        return torch.tanh(xs[0])


def convert_activation(call: Call) -> Elementwise:
    """Read the ATen call of an activation."""
    op = call.op.partition(".")[0]
    name, inputs = call.name, (call.value("self").name,)
    match op:
        case "leaky_relu":
            return LeakyReLU(name=name, inputs=inputs, slope=call.number("negative_slope"))
        case "hardtanh":
            return Hardtanh(name=name, inputs=inputs, low=call.number("min_val"), high=call.number("max_val"))
        case "relu6":
            return Hardtanh(name=name, inputs=inputs, low=0.0, high=6.0)
        case "gelu":
            return GELU(name=name, inputs=inputs, approximate=str(call.args["approximate"]))
        case "relu":
            return ReLU(name=name, inputs=inputs)
        case "silu":
            return SiLU(name=name, inputs=inputs)
        case "sigmoid":
            return Sigmoid(name=name, inputs=inputs)
        case _:
            return Tanh(name=name, inputs=inputs)
