"""The weight graph: a network as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import networkx as nx
import torch
from torch import Tensor

from theoryprune.layers import Constant, Layer, Shape, WeightLayer
from theoryprune.types.origin import Origin
from theoryprune.types.read_only import ReadOnly

INPUT = "<input>"
"""The name under which layers refer to the network's input; never the name of a layer."""


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
    origin : mapping of str to Origin, optional
        After compaction: by `state_dict` name, where the entries of each tensor were in the graph as extracted.
        Tensors that compaction made have none. It is no part of the network: hashes and equality leave it out.

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
    origin: Mapping[str, Origin] | None = None

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

    @cached_property
    def dtype(self) -> torch.dtype:
        """The one floating dtype of the network's tensors (torch's default for a network without any)."""
        return next((t.dtype for t in self._tensors() if t.is_floating_point()), torch.get_default_dtype())

    @cached_property
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
