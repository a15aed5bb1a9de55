"""Where the map of a constant input is constant: the zones near its borders, and the rest, which is all alike.

An input of ones is the same everywhere. A window operator with zero padding keeps each channel the same everywhere but
in a zone near each border, where some window met the padding. So a map of `n` cells along an axis has at most
``left + right + 1`` different ones, whatever the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

from theoryprune.layers import (
    Add,
    AvgPool,
    Concat,
    Constant,
    Conv,
    Layer,
    MaxPool,
    Shape,
    Take,
    ZeroPad,
)


@dataclass(frozen=True)
class Window:
    """What a window operator does along one axis: `kernel` taps `dilation` apart, every `stride` cells."""

    kernel: int
    stride: int
    before: int
    after: int
    dilation: int

    @property
    def reach(self) -> int:
        """Distance between the first and the last tap."""
        return self.dilation * (self.kernel - 1)


@dataclass(frozen=True)
class Zones:
    """One axis of a map of `size` cells: all but the first `left` and the last `right` are alike."""

    size: int
    left: int
    right: int

    @property
    def full(self) -> bool:
        """Whether no cell repeats another."""
        return self.left + self.right + 1 > self.size

    def through(self, window: Window) -> Zones:
        """Return the zones after a window operator.

        Notes
        -----
        An output cell is in the middle iff all cells that it reads are inside the map and in its middle. Output q reads
        ``q stride - before`` to ``q stride - before + reach``.
        """
        size = (self.size + window.before + window.after - window.reach - 1) // window.stride + 1
        left = -(-(self.left + window.before) // window.stride)
        last = (self.size - 1 - self.right - window.reach + window.before) // window.stride
        zones = Zones(size, left, size - 1 - last)
        return everything(size) if zones.full else zones

    def least(self, window: Window) -> int:
        """Return the fewest cells on which the window operator computes all that it does on the whole axis.

        Notes
        -----
        ``W >= left + right + reach + stride`` leaves room for an output all in the middle, whatever its phase;
        ``W = size (mod stride)`` keeps the windows at the far border where they were.
        """
        least = self.left + self.right + window.reach + window.stride
        return min(self.size, least + (self.size - least) % window.stride)


def everything(size: int) -> Zones:
    """Return the zones of an axis whose cells may all differ."""
    return Zones(size, size, 0)


def joined(zones: tuple[Zones, ...]) -> Zones:
    """Return the zones of a sum or a stack of maps of one size."""
    size = zones[0].size
    union = Zones(size, max(z.left for z in zones), max(z.right for z in zones))
    return everything(size) if union.full else union


def windows(layer: Layer) -> tuple[Window, ...] | None:
    """Return what a window operator does along each spatial axis; None for other layers, and where it rounds up."""
    match layer:
        case Conv():
            axes = zip(layer.kernel, layer.stride, layer.pads, layer.dilation, strict=True)
            return tuple(Window(k, s, a, b, d) for k, s, (a, b), d in axes)
        case MaxPool(ceil_mode=False):
            pools = zip(layer.kernel, layer.stride, layer.padding, layer.dilation, strict=True)
            return tuple(Window(k, s, p, p, d) for k, s, p, d in pools)
        case AvgPool(ceil_mode=False):
            averages = zip(layer.kernel, layer.stride, layer.padding, strict=True)
            return tuple(Window(k, s, p, p, 1) for k, s, p in averages)
    return None


@singledispatch
def spread(layer: Layer, out: Shape, *zones: tuple[Zones, ...]) -> tuple[Zones, ...]:
    """Return the zones of a layer's output along each spatial axis.

    Parameters
    ----------
    layer : Layer
        Of a flow network.
    out : tuple of int
        Shape of its output.
    *zones : tuple of Zones
        Of each tensor that it reads.

    Returns
    -------
    tuple of Zones
        By default all cells may differ, which is always true.
    """
    return tuple(everything(size) for size in out[1:])


@spread.register(Conv)
@spread.register(MaxPool)
@spread.register(AvgPool)
def _(layer: Layer, out: Shape, *zones: tuple[Zones, ...]) -> tuple[Zones, ...]:
    axes = windows(layer)
    if axes is None:
        return tuple(everything(size) for size in out[1:])
    return tuple(z.through(window) for z, window in zip(zones[0], axes, strict=True))


@spread.register(Constant)
@spread.register(Take)
def _(layer: Layer, out: Shape, *zones: tuple[Zones, ...]) -> tuple[Zones, ...]:
    return zones[0]


@spread.register(Add)
@spread.register(Concat)
def _(layer: Layer, out: Shape, *zones: tuple[Zones, ...]) -> tuple[Zones, ...]:
    return tuple(joined(axes) for axes in zip(*zones, strict=True))


@spread.register
def _(layer: ZeroPad, out: Shape, *zones: tuple[Zones, ...]) -> tuple[Zones, ...]:
    padded = zip(zones[0], layer.pads[1:], strict=True)
    grown = (Zones(z.size + a + b, z.left + a, z.right + b) for z, (a, b) in padded)
    return tuple(everything(z.size) if z.full else z for z in grown)
