"""Batch normalisation with its running statistics: a fixed scale and shift per channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional

from theoryprune.layers.base import Channelwise, Shape, take
from theoryprune.layers.call import Call, Refusal, names_of


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BatchNorm(Channelwise):
    """``(x - running_mean) / sqrt(running_var + eps) * weight + bias``, channel by channel."""

    kind = "batch_norm"
    weight: Tensor | None
    bias: Tensor | None
    running_mean: Tensor
    running_var: Tensor
    eps: float
    momentum: float

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.nn.functional.batch_norm` in evaluation mode."""
        return functional.batch_norm(
            xs[0], self.running_mean, self.running_var, self.weight, self.bias, False, self.momentum, self.eps
        )

    def shape(self, *shapes: Shape) -> Shape:
        """Return the input's shape."""
        return shapes[0]

    def select(self, out: Tensor, *ins: Tensor) -> Self:
        """Take entries `out` of every statistic."""
        return self.with_tensors({key: take(tensor, out) for key, tensor in self.tensors()})

    def affine(self, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
        """Return (scale, shift), both of shape (channels,), such that the layer is ``scale x + shift``."""
        scale = (self.running_var.to(dtype) + self.eps).rsqrt()
        if self.weight is not None:
            scale = scale * self.weight.to(dtype)
        shift = -self.running_mean.to(dtype) * scale
        return scale, shift if self.bias is None else shift + self.bias.to(dtype)


def convert_batch_norm(call: Call) -> BatchNorm:
    """Read ``aten.batch_norm`` in evaluation mode."""
    mean, var = call.maybe_stored("running_mean"), call.maybe_stored("running_var")
    if call.args["training"] or mean is None or var is None:
        raise Refusal(
            "it normalises by statistics of the batch, so the output of one example depends on the others",
            "use track_running_stats=True and evaluation mode",
        )
    x, weight, bias = call.value("input"), call.maybe_stored("weight"), call.maybe_stored("bias")
    return BatchNorm(
        name=call.name,
        inputs=(x.name,),
        names=names_of(weight=weight, bias=bias, running_mean=mean, running_var=var),
        weight=None if weight is None else weight.tensor,
        bias=None if bias is None else bias.tensor,
        running_mean=mean.tensor,
        running_var=var.tensor,
        eps=call.number("eps"),
        momentum=call.number("momentum"),
    )
