"""What every layer record is: a frozen piece of a weight graph with four structural methods.

Shapes are *per example*, without the batch axis; axis 0 of a shape is the channel axis. Everything else that a
theory wants of a layer (flow, gain, multiply-accumulates, ...) is a `functools.singledispatch` function in the file
of that quantity.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Shape = tuple[int, ...]
Channels = npt.NDArray[np.int64]


class Coupling(Protocol):
    """Collects which channels live and die together while a graph is walked."""

    def fresh(self, count: int) -> Channels:
        """Return `count` channel numbers never used before."""

    def tie(self, first: Channels, second: Channels) -> None:
        """Declare that channel `first[i]` can only be removed together with `second[i]`."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Layer(ABC):
    """One operation of a weight graph.

    Parameters
    ----------
    name : str
        Unique in its graph; the module path for layers that own tensors.
    inputs : tuple of str
        Names of the records whose outputs this one reads, in the order of `forward`'s arguments.
    names : dict of str to str
        For each tensor field of the record, the name it has in the model's `state_dict`.

    Notes
    -----
    Laws, tested for every registered kind: `shape` equals the shape of `forward`; for index lists that respect
    `couple`, `select(out, *ins).forward(*(x[:, i] for x, i in zip(xs, ins)))` equals `forward(*xs)[:, out]` when the
    inputs left out are zero.
    """

    kind: ClassVar[str]
    name: str
    inputs: tuple[str, ...]
    names: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Show tensors by their shapes."""
        values = ((spec.name, getattr(self, spec.name)) for spec in fields(self) if spec.name != "names")
        shown = (f"{key}={tuple(v.shape) if isinstance(v, Tensor) else v!r}" for key, v in values)
        return f"{type(self).__name__}({', '.join(shown)})"

    @abstractmethod
    def forward(self, *xs: Tensor) -> Tensor:
        """Apply the layer to batched inputs, with the operator that the model itself used."""

    @abstractmethod
    def shape(self, *shapes: Shape) -> Shape:
        """Return the output's shape without computing anything."""

    @abstractmethod
    def couple(self, coupling: Coupling, *channels: Channels) -> Channels:
        """Number the output's channels, given those of the inputs; tie what lives and dies together."""

    @abstractmethod
    def select(self, out: Tensor, *ins: Tensor) -> Self:
        """Return the layer that computes only the output channels `out` from only the input channels `ins`."""

    def tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield (field, tensor) for every tensor that the record holds."""
        for key in _tensor_fields(type(self)):
            value = getattr(self, key)
            if isinstance(value, Tensor):
                yield key, value

    def with_tensors(self, tensors: Mapping[str, Tensor]) -> Self:
        """Return the record with other tensors in the named fields."""
        changes: dict[str, Any] = dict(tensors)
        return replace(self, **changes)


@cache
def _tensor_fields(kind: type[Layer]) -> tuple[str, ...]:
    """The fields that may hold a tensor, as their annotations say."""
    return tuple(spec.name for spec in fields(kind) if "Tensor" in str(spec.type))


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class WeightLayer(Layer):
    """A layer with a prunable `weight` of shape (out, in per group, *kernel) and perhaps a `bias` of shape (out,)."""

    weight: Tensor
    bias: Tensor | None = None

    @property
    def weight_name(self) -> str:
        """The `state_dict` name of the weight, the key of masks and scores."""
        return self.names["weight"]

    @property
    def bias_name(self) -> str:
        """The `state_dict` name of the bias, or the one it would have."""
        if "bias" in self.names:
            return self.names["bias"]
        stem = self.weight_name.removesuffix("weight")
        return f"{stem}bias" if stem != self.weight_name else f"{stem}_bias"

    @property
    def groups(self) -> int:
        """Number of groups of channels that do not mix (1 unless a grouped convolution)."""
        return 1


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Channelwise(Layer):
    """A layer with one input whose output channel c depends on input channel c alone."""

    def couple(self, coupling: Coupling, *channels: Channels) -> Channels:
        """Pass the numbers on."""
        return channels[0]

    def select(self, out: Tensor, *ins: Tensor) -> Self:
        """Nothing to select: the layer holds nothing per channel."""
        return self


def take(tensor: Tensor, *index: Tensor | None) -> Tensor:
    """Index the leading axes of `tensor` (None: whole axis), keeping its memory format.

    Returns
    -------
    Tensor
        A copy that shares no storage with `tensor`.
    """
    kept = {axis: i for axis, i in enumerate(index) if i is not None and not _whole(i, tensor.shape[axis])}
    if len(kept) == 2 and tensor.is_contiguous():
        return _take_block(tensor, *(i.to(tensor.device) for i in kept.values()))
    out = tensor
    for axis in sorted(kept, key=lambda axis: kept[axis].shape[0] / tensor.shape[axis]):
        out = out.index_select(axis, kept[axis].to(tensor.device))
    return tensor.clone() if out is tensor else in_format_of(tensor, out)


def in_format_of(tensor: Tensor, out: Tensor) -> Tensor:
    """Return `out` with its channels last in memory if those of `tensor` are."""
    if out.ndim == 4 and tensor.is_contiguous(memory_format=torch.channels_last) and not tensor.is_contiguous():
        return out.contiguous(memory_format=torch.channels_last)
    return out


def _whole(kept: Tensor, size: int) -> bool:
    """Whether an index on the CPU takes a whole axis as it is."""
    return kept.shape[0] == size and kept.device.type == "cpu" and torch.equal(kept, torch.arange(size))


def _take_block(tensor: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Index both leading axes of a contiguous tensor, in one copy."""
    shape = (*rows.shape, *columns.shape, *tensor.shape[2:])
    if tensor.shape[2:].numel() == 1:
        return tensor.view(tensor.shape[:2])[rows[:, None], columns].view(shape)
    places = rows[:, None] * tensor.shape[1] + columns
    return tensor.flatten(0, 1).index_select(0, places.view(-1)).view(shape)
