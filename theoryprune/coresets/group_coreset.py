"""The coreset of a channel group: which units stay, and a layer coreset for each function that consumers read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from theoryprune.coresets.record import LayerCoreset
from theoryprune.geometry.arguments import Indices


@dataclass(frozen=True, eq=False)
class GroupCoreset:
    """Some channels of a group in place of all.

    Parameters
    ----------
    group : str
        Its name.
    kept : ndarray of int64, shape (m,)
        Ascending.
    units : int
        How many there were.
    readings : tuple of LayerCoreset
        The same units each time, with new outgoing weights for the consumers of one reading, one below the other in
        the layout of `hidden_layer`.
    """

    group: str
    kept: Indices
    units: int
    readings: tuple[LayerCoreset, ...]

    def __post_init__(self) -> None:
        """Refuse readings that keep other units."""
        if any(not np.array_equal(part.kept, self.kept) or part.units != self.units for part in self.readings):
            raise ValueError(f"readings of '{self.group}' must keep the same units of {self.units}")

    @property
    def width(self) -> int:
        """How many units are kept."""
        return len(self.kept)

    @property
    def is_identity(self) -> bool:
        """Whether every unit is still there."""
        return self.width == self.units
