"""How many parameters and bytes a network has, and how many of them a mask keeps."""

from __future__ import annotations

import math
from dataclasses import dataclass

from theoryprune.graph.evaluate import require_values
from theoryprune.graph.transform import check_fits
from theoryprune.layers import BatchNorm, Constant, Layer, WeightLayer
from theoryprune.types import Mask, WeightGraph


@dataclass(frozen=True)
class Size:
    """How many parameters a network has, and how many of them a mask keeps.

    Parameters
    ----------
    total : int
        All parameters: weights, biases, scales and shifts; no buffers (running statistics).
    prunable : int
        The weights that the mask counts (all weights of convolutions and linear maps where there is no mask).
    kept : int
        Those of them that are kept.
    """

    total: int
    prunable: int
    kept: int

    @property
    def density(self) -> float:
        """Kept over prunable."""
        return self.kept / self.prunable

    @property
    def compression_prunable(self) -> float:
        """Prunable over kept, the convention of SynFlow, SNIP and GraSP (infinite where nothing is kept)."""
        return self.prunable / self.kept if self.kept else math.inf

    @property
    def compression_total(self) -> float:
        """All parameters over those that stay, the convention of ShrinkBench."""
        stay = self.total - self.prunable + self.kept
        return self.total / stay if stay else math.inf


def size(graph: WeightGraph, mask: Mask | None = None) -> Size:
    """Count the parameters of a network and those that a mask keeps.

    Parameters
    ----------
    graph : WeightGraph
        On any device, ``meta`` included.
    mask : Mask, optional
        Weights that it does not name are protected: they count in the total only.

    Raises
    ------
    ValueError
        If the mask does not fit the graph.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> size(tp.extract(torch.nn.Linear(3, 2), (3,)))
    Size(total=8, prunable=6, kept=6)
    """
    total = sum(layer_parameters(graph).values())
    if mask is None:
        return Size(total, graph.num_weights, graph.num_weights)
    check_fits(graph, mask)
    return Size(total, mask.total, mask.kept)


def layer_parameters(graph: WeightGraph) -> dict[str, int]:
    """Count the parameters of every record, by its name: those that `to_module` gives it."""
    return {
        layer.name: sum(tensor.numel() for key, tensor in layer.tensors() if is_parameter(graph, layer, key))
        for layer in graph.layers
    }


def is_parameter(graph: WeightGraph, layer: Layer, field: str) -> bool:
    """Whether a tensor of a record is a parameter: a bias that compaction made is one, a constant it made is none."""
    if isinstance(layer, WeightLayer) and field == "weight":
        return True
    if isinstance(layer, BatchNorm) and field.startswith("running_"):
        return False
    if isinstance(layer, Constant) and field not in layer.names:
        return False
    return layer.names.get(field) not in graph.buffers


def nonzero_mask(graph: WeightGraph) -> Mask:
    """Return the mask of the weights that are not zero: that of a trained masked model, or of ``apply_mask``'s result.

    Raises
    ------
    ValueError
        If the graph lies on the meta device.
    """
    require_values(graph, "nonzero_mask")
    return Mask({name: weight != 0 for name, weight in graph.weights.items()})


def stored_bytes(graph: WeightGraph) -> int:
    """Count the bytes of all tensors of a network as they are stored, dense, buffers included.

    A file of `save_graph` is larger by its header.
    """
    return sum(tensor.numel() * tensor.element_size() for layer in graph.layers for _, tensor in layer.tensors())


def mask_bytes(mask: Mask) -> int:
    """Count the bytes of a mask at one bit per weight, each layer rounded up; `save_mask` adds a header."""
    return sum(-(-keep.numel() // 8) for keep in mask.keep.values())
