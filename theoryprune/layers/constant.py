"""Arithmetic with constants: a fixed factor, or a fixed offset, for all entries or per channel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from theoryprune.layers.base import Channelwise, Shape, take
from theoryprune.layers.call import Call, Refusal, Stored, Value


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Constant(Channelwise):
    """A number, or a tensor of shape (channels, 1, ..., 1), combined with every entry of its channel."""

    value: Tensor | float

    def shape(self, *shapes: Shape) -> Shape:
        """Return the input's shape."""
        return shapes[0]

    def select(self, out: Tensor, *ins: Tensor) -> Self:
        """Take entries `out` of a constant per channel."""
        if isinstance(self.value, Tensor) and self.value.ndim and self.value.shape[0] > 1:
            return replace(self, value=take(self.value, out))
        return self

    def per_channel(self, channels: int, device: torch.device) -> Tensor:
        """Return the constant as a float64 tensor of shape (channels,)."""
        value = torch.as_tensor(self.value, dtype=torch.float64, device=device)
        return value.reshape(-1).expand(channels)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Scale(Constant):
    """``x * value``, or ``x / value``."""

    kind = "scale"
    divide: bool = False

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.mul` or `torch.div`."""
        return torch.div(xs[0], self.value) if self.divide else torch.mul(xs[0], self.value)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Shift(Constant):
    """``x + alpha value``."""

    kind = "shift"
    alpha: float = 1

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.add`."""
        return torch.add(xs[0], self.value, alpha=self.alpha)


def _operands(call: Call) -> tuple[Value, Tensor | float, dict[str, str]]:
    """Split the operands of a call into its activation, its constant and the constant's name."""
    first, second = call.args["self"], call.args.get("other")
    swapped = not isinstance(first, Value)
    x, constant = (second, first) if swapped else (first, second)
    if not isinstance(x, Value):
        raise Refusal("it has no operand that is computed from the input", "store the result in the model")
    if swapped and call.op.startswith(("sub", "div")):
        raise Refusal("it subtracts from, or divides, a constant", "write -x + constant; do not divide by activations")
    if swapped and call.args.get("alpha", 1) != 1:
        raise Refusal("it adds a multiple of the activation to a constant", "write alpha * x + constant")
    if isinstance(constant, int | float):
        return x, constant, {}
    if not isinstance(constant, Stored):
        raise Refusal(
            "it combines the activation with a value that forward computes (from stored tensors, sizes or the data)",
            "use a number, or store the tensor in the model",
        )
    return x, _aligned(constant.tensor, x.shape), {"value": constant.name}


def _aligned(constant: Tensor, shape: Shape) -> Tensor:
    """View a stored constant as (channels, 1, ..., 1), or as one entry per tensor (0-dimensional ones stay so)."""
    if constant.numel() == 1:
        return constant.reshape((1,) * min(constant.ndim, len(shape)))
    per_channel = (shape[0], *(1 for _ in shape[1:]))
    padded = (1,) * (len(shape) - constant.ndim) + tuple(constant.shape)
    if padded not in {per_channel, (1, *per_channel)}:
        raise Refusal(
            f"its constant of shape {tuple(constant.shape)} varies over positions of an input of shape {shape}",
            "use one constant per channel",
        )
    return constant.reshape(per_channel)


def convert_shift(call: Call, alpha: float) -> Shift:
    """Read the sum or difference of an activation and a constant."""
    x, value, names = _operands(call)
    return Shift(name=call.name, inputs=(x.name,), names=names, value=value, alpha=alpha)


def convert_scale(call: Call) -> Scale:
    """Read ``aten.mul``, ``aten.div`` and ``aten.neg`` with a constant."""
    if call.op.startswith("neg"):
        return Scale(name=call.name, inputs=(call.value("self").name,), value=-1.0)
    if isinstance(call.args["self"], Value) and isinstance(call.args["other"], Value):
        raise Refusal(
            "it multiplies (or divides) two activations, so it is not linear in either path",
            "leave the gate out: extract a sub-network without it, or replace it by a constant factor",
        )
    x, value, names = _operands(call)
    return Scale(name=call.name, inputs=(x.name,), names=names, value=value, divide=call.op.startswith("div"))
