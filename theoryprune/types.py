"""The nouns: frozen records that the package's functions take and return."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeVar

import networkx as nx
import numpy as np
import torch
from torch import Tensor

from theoryprune.layers import Channels, Constant, Layer, Shape, WeightLayer

V = TypeVar("V")

INPUT = "<input>"
"""The name under which layers refer to the network's input; never the name of a layer."""


class ReadOnly(Mapping[str, V]):
    """A mapping that cannot be written to, but copied and pickled (which `types.MappingProxyType` cannot)."""

    def __init__(self, items: Mapping[str, V]) -> None:
        self._items = items

    def __getitem__(self, key: str) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(self._items)


@dataclass(frozen=True, eq=False, repr=False)
class WeightGraph:
    """A network as data: layer records in topological order, with copies of its tensors.

    Parameters
    ----------
    layers : tuple of Layer
        Every record after those it reads.
    input_shape : tuple of int
        Shape of one example, without the batch axis.
    output : str
        Name of the record whose output is the network's.
    order : tuple of str
        Names of the prunable weights in the order of the model's `state_dict`, which is the order of flat indices.
    frozen : frozenset of str
        Names of the parameters that the model does not train (``requires_grad=False``).
    buffers : frozenset of str
        Names of the tensors that are no parameters of the model: buffers, running statistics, constants of `forward`.

    Notes
    -----
    Functions on graphs return new graphs and never write to a tensor of the old one.
    """

    layers: tuple[Layer, ...]
    input_shape: Shape
    output: str
    order: tuple[str, ...]
    frozen: frozenset[str] = frozenset()
    buffers: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        """Say what the graph is, not every number in it."""
        return (
            f"WeightGraph({len(self.layers)} records, {len(self.order)} weight layers, {self.num_weights:,} prunable "
            f"weights, input {self.input_shape}, {self.dtype} on {self.device})"
        )

    @cached_property
    def by_name(self) -> Mapping[str, Layer]:
        """The records by name."""
        return ReadOnly({layer.name: layer for layer in self.layers})

    @cached_property
    def weight_layers(self) -> Mapping[str, WeightLayer]:
        """The prunable layers by the name of their weight, in registration order."""
        found = {layer.weight_name: layer for layer in self.layers if isinstance(layer, WeightLayer)}
        return ReadOnly({name: found[name] for name in self.order})

    @property
    def weights(self) -> Mapping[str, Tensor]:
        """The prunable weights by `state_dict` name, in registration order."""
        return ReadOnly({name: layer.weight for name, layer in self.weight_layers.items()})

    @property
    def num_weights(self) -> int:
        """N, the number of prunable weights."""
        return sum(weight.numel() for weight in self.weights.values())

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """The output shape per example of every record (and of `INPUT`), without computing anything."""
        shapes: dict[str, Shape] = {INPUT: self.input_shape}
        for layer in self.layers:
            shapes[layer.name] = layer.shape(*(shapes[name] for name in layer.inputs))
        return ReadOnly(shapes)

    @property
    def dtype(self) -> torch.dtype:
        """The one floating dtype of the network's tensors (torch's default for a network without any)."""
        return next((t.dtype for t in self._tensors() if t.is_floating_point()), torch.get_default_dtype())

    @property
    def device(self) -> torch.device:
        """The one device of the network's tensors (the CPU for a network without any)."""
        return next((tensor.device for tensor in self._tensors()), torch.device("cpu"))

    def _tensors(self) -> Iterator[Tensor]:
        """Every tensor, those of constants last: they alone may be of another dtype than the network."""
        layers = sorted(self.layers, key=lambda layer: isinstance(layer, Constant))
        return (tensor for layer in layers for _, tensor in layer.tensors())

    def state_dict(self) -> dict[str, Tensor]:
        """Return every tensor of the graph by its `state_dict` name (no copies)."""
        return {layer.names[key]: t for layer in self.layers for key, t in layer.tensors() if key in layer.names}

    def with_weights(self, weights: Mapping[str, Tensor]) -> WeightGraph:
        """Return the graph with other values for the named prunable weights (same shapes)."""
        for name, weight in weights.items():
            if name not in self.weights:
                raise ValueError(f"weights: '{name}' is no prunable weight of the graph; they are {list(self.order)}")
            if weight.shape != self.weights[name].shape:
                raise ValueError(
                    f"weights: '{name}' must have shape {tuple(self.weights[name].shape)}, got {tuple(weight.shape)}"
                )
        layers = (
            replace(layer, weight=weights[layer.weight_name])
            if isinstance(layer, WeightLayer) and layer.weight_name in weights
            else layer
            for layer in self.layers
        )
        return replace(self, layers=tuple(layers))

    def to_networkx(self) -> nx.DiGraph:
        """Return the operator graph: a node per record (attribute `layer`) and per input, an edge per read tensor."""
        graph = nx.DiGraph()
        graph.add_node(INPUT)
        for layer in self.layers:
            graph.add_node(layer.name, layer=layer)
            graph.add_edges_from((source, layer.name) for source in layer.inputs)
        return graph


@dataclass(frozen=True, eq=False)
class GroupAxis:
    """One axis of one layer that a channel group runs through.

    Parameters
    ----------
    layer : str
        Name of the record.
    side : {"out", "in"}
        Whether the axis is the layer's output channels or the input channels (features) it reads.
    channels : numpy array of int64
        For each channel of the axis, its number within the group, or -1 where the channel belongs to another one.
    """

    layer: str
    side: Literal["out", "in"]
    channels: Channels


@dataclass(frozen=True, eq=False)
class ChannelGroup:
    """Channels of several layers that can only be removed together, numbered 0 .. size - 1.

    Parameters
    ----------
    name : str
        The first weight layer that writes the group.
    size : int
        How many channels can be removed independently of one another.
    axes : tuple of GroupAxis
        Where the channels occur.
    removable : bool
        False for the network's input and output channels, which always stay.
    """

    name: str
    size: int
    axes: tuple[GroupAxis, ...]
    removable: bool

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the layers the group runs through, each once."""
        return tuple(dict.fromkeys(axis.layer for axis in self.axes))


@dataclass(frozen=True, eq=False, repr=False)
class Scores:
    """A number per prunable weight: the larger, the more the weight is worth keeping.

    Parameters
    ----------
    values : mapping of str to Tensor
        Scores by weight name, in registration order, each of its weight's shape.
    total : float or None
        The flow R that the scores conserve, scaled: the true value is ``total * 2**exponent``. None without a flow.
    exponent : int or None
        The exact power of two by which `total` and all values are to be multiplied for their true size.
    method : str
        Name of the score, as `cite` knows it.
    rooted : bool
        Whether all of `total` comes from the input, so that a positive total proves an input-output path.
    flushed : int
        How many positive entries of the evaluation were lost to underflow; 0 for an exact result.
    """

    values: Mapping[str, Tensor]
    total: float | None = None
    exponent: int | None = None
    method: str = ""
    rooted: bool = False
    flushed: int = 0

    def __repr__(self) -> str:
        """Name the score and its flow."""
        flow = "" if self.total is None else f", flow {self.total:.6g} * 2**{self.exponent}"
        return f"Scores({self.method or 'unnamed'}, {len(self.values)} layers{flow})"


@dataclass(frozen=True, eq=False, repr=False)
class Mask:
    """Which prunable weights are kept.

    Parameters
    ----------
    keep : mapping of str to Tensor
        A bool tensor of the weight's shape for every prunable weight that counts (protected layers are absent and
        kept whole), in registration order.

    Examples
    --------
    >>> mask = Mask({"fc.weight": torch.tensor([[True, False], [False, False]])})
    >>> mask.kept, mask.total, mask.density
    (1, 4, 0.25)
    """

    keep: Mapping[str, Tensor]

    def __repr__(self) -> str:
        """Say how much is kept."""
        return f"Mask({self.kept:,} of {self.total:,} kept, {len(self.keep)} layers)"

    def __post_init__(self) -> None:
        if not self.keep:
            raise ValueError("keep must name at least one weight, got none")
        for name, keep in self.keep.items():
            if not isinstance(keep, Tensor) or keep.dtype != torch.bool:
                raise TypeError(
                    f"keep: '{name}' must be a bool tensor, got {getattr(keep, 'dtype', type(keep).__name__)}"
                )
        object.__setattr__(self, "keep", ReadOnly(dict(self.keep)))

    @property
    def kept(self) -> int:
        """Number of weights kept."""
        return sum(int(keep.count_nonzero()) for keep in self.keep.values())

    @property
    def total(self) -> int:
        """N, the number of weights that count."""
        return sum(keep.numel() for keep in self.keep.values())

    @property
    def density(self) -> float:
        """Kept over total."""
        return self.kept / self.total

    @property
    def layer_densities(self) -> dict[str, float]:
        """Kept over total of each layer, by weight name."""
        return {name: int(keep.count_nonzero()) / keep.numel() for name, keep in self.keep.items()}

    @property
    def empty_layers(self) -> tuple[str, ...]:
        """Names of the weights of which nothing is kept."""
        return tuple(name for name, keep in self.keep.items() if not bool(keep.any()))

    def __and__(self, other: Mask) -> Mask:
        """Keep what both masks keep; both must be over the same weights."""
        if list(self.keep) != list(other.keep):
            raise ValueError("masks: both must be over the same weights in the same order")
        return Mask({name: keep & other.keep[name] for name, keep in self.keep.items()})

    @property
    def sha256(self) -> str:
        """SHA-256 over the layers' bits in order (C order, each layer padded to bytes, most significant bit first)."""
        digest = hashlib.sha256()
        for keep in self.keep.values():
            digest.update(np.packbits(keep.detach().cpu().contiguous().numpy().reshape(-1)).tobytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class TraceRow:
    """One iteration of a pruning run.

    Parameters
    ----------
    iteration : int
        From 1.
    kept_before, removed, kept_after : int
        Counts of prunable weights.
    flow : float or None
        The flow before the removal, scaled: the true value is ``flow * 2**exponent``; None for scores without a flow.
    exponent : int or None
        See `flow`.
    flow_left, exponent_left : float or None, int or None
        The flow after the removal, in the same form.
    kept_per_layer : mapping of str to int
        Counts after the removal, by weight name.
    layer_sizes : mapping of str to int
        Number of weights of each layer.
    connected : bool
        Whether some input still reaches some output after the removal, judged by the flow without biases.
    """

    iteration: int
    kept_before: int
    removed: int
    kept_after: int
    flow: float | None
    exponent: int | None
    flow_left: float | None
    exponent_left: int | None
    kept_per_layer: Mapping[str, int]
    layer_sizes: Mapping[str, int]
    connected: bool

    @property
    def density(self) -> float:
        """Kept over total after the removal."""
        return self.kept_after / sum(self.layer_sizes.values())

    @property
    def layer_densities(self) -> dict[str, float]:
        """Kept over total of each layer after the removal."""
        return {name: kept / self.layer_sizes[name] for name, kept in self.kept_per_layer.items()}

    @property
    def empty_layers(self) -> tuple[str, ...]:
        """Layers of which nothing is kept."""
        return tuple(name for name, kept in self.kept_per_layer.items() if kept == 0)


@dataclass(frozen=True, eq=False, repr=False)
class Pruning:
    """The result of `prune`.

    Parameters
    ----------
    mask : Mask
        The final mask.
    trace : tuple of TraceRow
        One row per iteration.
    removed_at : mapping of str to Tensor
        int32 per weight: the iteration that removed it, 0 if kept. All masks on the way follow from it.
    method, schedule, scope : str
        What was run.
    collapsed_at : int or None
        The first iteration after which no input reaches an output (only with ``on_collapse="report"``).
    """

    mask: Mask
    trace: tuple[TraceRow, ...]
    removed_at: Mapping[str, Tensor]
    method: str
    schedule: str
    scope: str
    collapsed_at: int | None = None

    def __repr__(self) -> str:
        """Say what was run and what it kept."""
        return f"Pruning({self.method}, {self.schedule}, {self.scope}, {self.mask.kept:,} of {self.mask.total:,} kept)"

    @property
    def density(self) -> float:
        """The density reached."""
        return self.mask.density

    def mask_after(self, iteration: int) -> Mask:
        """Return the mask as it stood after `iteration` (0: everything kept)."""
        return Mask({name: (at == 0) | (at > iteration) for name, at in self.removed_at.items()})
