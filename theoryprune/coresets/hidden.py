"""A channel group as a hidden layer: who writes its units, who reads them, and what lies between."""

from __future__ import annotations

from dataclasses import dataclass

from theoryprune.coresets.units import Law, Sum, Units
from theoryprune.geometry.arguments import Indices
from theoryprune.types import ChannelGroup


@dataclass(frozen=True, eq=False)
class Consumer:
    """A weight layer that reads the units of a group.

    Parameters
    ----------
    layer : str
    units : Units
        What the tensor that it reads holds of them.
    columns : ndarray of int, shape (n, k)
        The input channels that hold each unit (several after a flattening); -1 for units that are not there.
    """

    layer: str
    units: Units
    columns: Indices


@dataclass(frozen=True, eq=False)
class Hidden:
    """A channel group as a hidden layer of units.

    Parameters
    ----------
    group : ChannelGroup
    producers : dict of str to ndarray of int, shape (n, k)
        The layers that write it, and the output channels that hold each unit (-1: none).
    readings : tuple of tuple of Consumer
        Its consumers, together where they read one function of the units.
    law : {"homogeneous", "copies", "none"}
        The weakest of all readings.
    reason : str
        Why not any multiple of a unit can stand for another.
    stream : bool
        Whether a producer depends on the group itself: a residual stream.
    blocks : ndarray of int, shape (n,)
        Groups of grouped convolutions: units of different blocks never mix, and all keep equally many.
    refusal : str
        Why no channel can be removed at all; empty if they can.
    """

    group: ChannelGroup
    producers: dict[str, Indices]
    readings: tuple[tuple[Consumer, ...], ...]
    law: Law
    reason: str
    stream: bool
    blocks: Indices
    refusal: str

    @property
    def units(self) -> int:
        """How many there are."""
        return self.group.size

    @property
    def step(self) -> int:
        """Widths are multiples of this."""
        return int(self.blocks.max()) + 1

    @property
    def consumers(self) -> tuple[Consumer, ...]:
        """All of them, reading by reading."""
        return tuple(consumer for reading in self.readings for consumer in reading)


def sums_of(reading: tuple[Consumer, ...]) -> tuple[Sum, ...]:
    """Return the sums that the rows of a reading are made of, each once."""
    return tuple(dict.fromkeys(part for consumer in reading for part in consumer.units.parts))
