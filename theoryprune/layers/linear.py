"""Fully connected layers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from torch import Tensor
from torch.nn import functional

from theoryprune.layers.base import Channels, Coupling, Shape, WeightLayer, take
from theoryprune.layers.call import Call, Refusal, names_of


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Linear(WeightLayer):
    """``y = weight x + bias`` with `weight` of shape (out, in), on inputs of shape (batch, in)."""

    kind = "linear"

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.nn.functional.linear`."""
        return functional.linear(xs[0], self.weight, self.bias)

    def shape(self, *shapes: Shape) -> Shape:
        """Return (out,)."""
        return (self.weight.shape[0],)

    def couple(self, coupling: Coupling, *channels: Channels) -> Channels:
        """Every output is new: it mixes all inputs."""
        return coupling.fresh(self.weight.shape[0])

    def select(self, out: Tensor, *ins: Tensor) -> Self:
        """Take rows `out` and columns `ins[0]` of the weight, entries `out` of the bias."""
        bias = None if self.bias is None else take(self.bias, out)
        return replace(self, weight=take(self.weight, out, ins[0]), bias=bias)


def convert_linear(call: Call) -> Linear:
    """Read ``aten.linear``."""
    x, weight, bias = call.value("input"), call.stored("weight"), call.maybe_stored("bias")
    if len(x.shape) != 1:
        raise Refusal(
            f"it maps the last axis of an input of shape {x.shape} per example",
            "flatten to (batch, features) first; a map over positions is a convolution of kernel size 1",
        )
    return Linear(
        name=call.name,
        inputs=(x.name,),
        names=names_of(weight=weight, bias=bias),
        weight=weight.tensor,
        bias=None if bias is None else bias.tensor,
    )
