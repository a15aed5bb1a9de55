"""Flattening, and every reshape that equals it."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Self

import numpy as np
import torch
from torch import Tensor

from theoryprune.layers.base import Channels, Coupling, Layer, Shape
from theoryprune.layers.call import Call, Refusal, Value


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Flatten(Layer):
    """Axes `start` to `end` (inclusive; 0 are the channels) merged into one, in row-major order.

    Merging from the channels on turns each channel into `features` consecutive ones (else `features` is 1).
    """

    kind = "flatten"
    start: int
    end: int
    features: int = 1

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.flatten`."""
        return torch.flatten(xs[0], self.start + 1, self.end + 1)

    def shape(self, *shapes: Shape) -> Shape:
        """Return the shape with the merged axes' product in their place."""
        shape = shapes[0]
        return (*shape[: self.start], prod(shape[self.start : self.end + 1]), *shape[self.end + 1 :])

    def couple(self, coupling: Coupling, *channels: Channels) -> Channels:
        """Repeat a channel's number for each of its features."""
        return np.repeat(channels[0], self.features)

    def select(self, out: Tensor, *ins: Tensor) -> Self:
        """Nothing to select: the block of features goes with its channel."""
        return self


def merged_axes(before: Shape, after: Shape) -> tuple[int, int] | None:
    """Return the axes (start, end) whose merging turns one shape into the other, or None."""
    for start in range(len(before)):
        end = start + len(before) - len(after)
        if start <= end < len(before) and before[:start] == after[:start] and before[end + 1 :] == after[start + 1 :]:
            return start, end
    return None


def _squeezed(call: Call, rank: int) -> set[int]:
    dims = call.args["dim"]
    return {int(dim) % rank for dim in (dims if isinstance(dims, list | tuple) else (call.number("dim"),))}


def convert_reshape(call: Call) -> Flatten | Value:
    """Read ``aten.flatten``, ``view``, ``reshape``, ``squeeze``, ... where they merge neighbouring axes."""
    x = call.value("self")
    if call.op.startswith("squeeze") and 0 in _squeezed(call, len(x.shape) + 1):
        raise Refusal("it drops the batch axis when there is one example", "leave axis 0 out")
    if call.shape == x.shape:
        return x
    axes = merged_axes(x.shape, call.shape)
    if axes is None:
        raise Refusal(
            f"it reshapes {x.shape} into {call.shape} (per example), which is no flattening",
            "keep channels and space as they are until they are flattened",
        )
    start, end = axes
    features = 1 if start else prod(x.shape[1 : end + 1])
    return Flatten(name=call.name, inputs=(x.name,), start=start, end=end, features=features)
