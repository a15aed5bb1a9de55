"""Evaluation of a flow network on short maps: what repeats is computed once.

*Theorem.* On a constant input, let a window operator with zero padding run on a shortened map of
``W >= left + right + reach + stride`` cells with ``W = size (mod stride)``, made of the `left` first cells, the `right`
last ones, and copies of a middle one in between. Its output is the shortened map of its true output. *Proof.* Windows
counted from either border see the same cells as in the true map, as long as they end before the other zone, which the
room of ``reach + stride`` cells grants to all windows of either zone and to one in between; that one, like every other
window in between, sees middle cells only. Hence R is, on short maps, the same function of the weights, and has
the same derivatives.

Where the true size matters (flattening, global averages, slices, the output) a map is brought back to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from theoryprune.graph.zones import Zones, joined, spread, windows
from theoryprune.layers import Add, Concat, Constant, Layer, Take, ZeroPad
from theoryprune.types import INPUT, WeightGraph

Lengths = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Stretch:
    """Brings one axis of a shortened map to another length, and gradients back.

    Parameters
    ----------
    axis : int
        Of the batched tensor.
    index : Tensor of int64, shape (new length,)
        Which stored cell each new one repeats.
    stored : int
        The old length.
    """

    axis: int
    index: Tensor
    stored: int

    def push(self, x: Tensor) -> Tensor:
        """Repeat cells of the middle."""
        return x.index_select(self.axis, self.index)

    def pull(self, g: Tensor) -> Tensor:
        """Add the gradients of all copies up."""
        return (g.movedim(self.axis, -1) @ self._copies(g.dtype)).movedim(-1, self.axis)

    @cached_property
    def _matrices(self) -> dict[torch.dtype, Tensor]:
        return {}

    def _copies(self, dtype: torch.dtype) -> Tensor:
        """Return the matrix of zeros and ones, shape (new length, stored), that says which cell is whose copy."""
        if dtype not in self._matrices:
            ones = torch.nn.functional.one_hot(self.index, self.stored)
            self._matrices[dtype] = ones.to(dtype)
        return self._matrices[dtype]


@dataclass(frozen=True, eq=False)
class SpatialPlan:
    """How a flow network is evaluated on short maps.

    Parameters
    ----------
    start : tuple of int
        Shape of the input of ones that stands for the whole.
    stretches : dict of str to tuple of (tuple of Stretch)
        For each record what is done to each tensor that it reads; none where nothing is.
    end : tuple of Stretch
        What is done to the output.
    """

    start: tuple[int, ...]
    stretches: dict[str, tuple[tuple[Stretch, ...], ...]]
    end: tuple[Stretch, ...]


def plain_plan(network: WeightGraph) -> SpatialPlan:
    """Return the plan that computes every cell."""
    nothing: dict[str, tuple[tuple[Stretch, ...], ...]] = {x.name: ((),) * len(x.inputs) for x in network.layers}
    return SpatialPlan(network.input_shape, nothing, ())


def spatial_plan(network: WeightGraph) -> SpatialPlan:
    """Plan the evaluation of a flow network on an input of ones, without offsets that vary over space.

    Notes
    -----
    Cost: a few integers per record. A record that reads a longer map than it needs takes it as it is; one that needs a
    longer one makes it long enough for the records behind it too, so that few maps are stretched.
    """
    shapes, device = network.shapes, network.device
    zones: dict[str, tuple[Zones, ...]] = {INPUT: tuple(Zones(n, 0, 0) for n in network.input_shape[1:])}
    for layer in network.layers:
        zones[layer.name] = spread(layer, shapes[layer.name], *(zones[name] for name in layer.inputs))
    wanted = _wanted(network, zones)
    stored: dict[str, Lengths] = {INPUT: wanted[INPUT]}
    stretches = {}
    for layer in network.layers:
        read = [zones[name] for name in layer.inputs]
        lengths = [stored[name] for name in layer.inputs]
        taken = _taken(layer, read, lengths, zones[layer.name], wanted[layer.name])
        stretches[layer.name] = tuple(_stretch(z, n, taken, device) for z, n in zip(read, lengths, strict=True))
        stored[layer.name] = _after(layer, taken, zones[layer.name])
    last = zones[network.output]
    end = _stretch(last, stored[network.output], tuple(z.size for z in last), device)
    return SpatialPlan((network.input_shape[0], *stored[INPUT]), stretches, end)


def _wanted(network: WeightGraph, zones: dict[str, tuple[Zones, ...]]) -> dict[str, Lengths]:
    """Return the length that suits the readers of each tensor, known from the output backwards."""
    wanted = {name: tuple(z.size if z.full else z.left + z.right + 1 for z in axes) for name, axes in zones.items()}
    for layer in reversed(network.layers):
        if not _local(layer):
            continue
        for name in layer.inputs:
            asked = _asked(layer, zones[name], zones[layer.name], wanted[layer.name])
            wanted[name] = tuple(map(max, wanted[name], asked))
    return wanted


def _local(layer: Layer) -> bool:
    """Whether a layer works on short maps."""
    return windows(layer) is not None or isinstance(layer, Constant | Take | Add | Concat | ZeroPad)


def _asked(layer: Layer, read: Sequence[Zones], out: Sequence[Zones], wanted: Lengths) -> Lengths:
    """Return the lengths that a layer needs so that its output is long enough, and has the wanted lengths if it can."""
    if not _local(layer):
        return tuple(z.size for z in read)
    axes = windows(layer)
    pads = layer.pads[1:] if isinstance(layer, ZeroPad) else ((0, 0),) * len(read)
    asked = []
    for i, (z, after, length) in enumerate(zip(read, out, wanted, strict=True)):
        if after.full:
            asked.append(z.size)
        elif axes is None:
            asked.append(min(z.size, max(length - sum(pads[i]), z.left + z.right + 1)))
        else:
            window, least = axes[i], z.least(axes[i])
            grown = length + window.reach - window.before - window.after
            asked.append(max(least, grown) if window.stride == 1 and grown < z.size else least)
    return tuple(asked)


def _taken(
    layer: Layer, read: Sequence[Sequence[Zones]], stored: Sequence[Lengths], out: Sequence[Zones], wanted: Lengths
) -> Lengths:
    """Return the lengths at which a layer takes its inputs: as they are stored, if that will do."""
    axes = windows(layer)
    union = [joined(zones) for zones in zip(*read, strict=True)] if isinstance(layer, Add | Concat) else read[0]
    asked = _asked(layer, union, out, wanted)
    if not _local(layer):
        return asked
    taken = []
    for i, (z, length) in enumerate(zip(union, asked, strict=True)):
        longest = max(lengths[i] for lengths in stored)
        fits = axes is None or (z.size - longest) % axes[i].stride == 0
        least = z.left + z.right + 1 if axes is None else z.least(axes[i])
        taken.append(longest if fits and longest >= min(least, z.size) and not out[i].full else length)
    return tuple(taken)


def _after(layer: Layer, taken: Lengths, out: Sequence[Zones]) -> Lengths:
    """Return the lengths of a layer's output."""
    axes = windows(layer)
    if not _local(layer):
        return tuple(z.size for z in out)
    if axes is not None:
        return tuple(Zones(n, 0, 0).through(window).size for n, window in zip(taken, axes, strict=True))
    pads = layer.pads[1:] if isinstance(layer, ZeroPad) else ((0, 0),) * len(taken)
    return tuple(n + sum(pad) for n, pad in zip(taken, pads, strict=True))


def _stretch(zones: Sequence[Zones], stored: Lengths, taken: Lengths, device: torch.device) -> tuple[Stretch, ...]:
    stretches = []
    for i, (z, old, new) in enumerate(zip(zones, stored, taken, strict=True)):
        if old != new:
            index = [p if p < z.left else old - (new - p) if p >= new - z.right else z.left for p in range(new)]
            stretches.append(Stretch(i + 2, torch.tensor(index, device=device), old))
    return tuple(stretches)
