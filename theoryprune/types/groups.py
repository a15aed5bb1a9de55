"""Channels of several layers that live and die together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from theoryprune.layers import Channels


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
