"""The coreset of a channel group: which units stay, and a layer coreset for each function that consumers read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from theoryprune.coresets.record import LayerCoreset
from theoryprune.geometry.arguments import Floats, Indices


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
    means : tuple of (ndarray of shape (n,) or None)
        For each consumer, reading by reading, the means of what it reads of the units: what the new weights leave of
        the mean of its output goes into its bias (`intercept_of`). None where they are not told; empty where they were
        not asked for.
    """

    group: str
    kept: Indices
    units: int
    readings: tuple[LayerCoreset, ...]
    means: tuple[Floats | None, ...] = ()

    def __post_init__(self) -> None:
        """Refuse readings that keep other units."""
        if any(not np.array_equal(part.kept, self.kept) or part.units != self.units for part in self.readings):
            raise ValueError(f"readings of '{self.group}' must keep the same units of {self.units}")
        if any(np.shape(mean) != (self.units,) for mean in self.means if mean is not None):
            raise ValueError(f"means of '{self.group}' must be of its {self.units} units")

    @property
    def width(self) -> int:
        """How many units are kept."""
        return len(self.kept)

    @property
    def corrected(self) -> str:
        """Where the mean of what is lost went, in words; empty if it was not asked for."""
        told = sum(mean is not None for mean in self.means)
        if told == len(self.means):
            return "mean in the bias" if told else ""
        return f"mean in the bias of {told} of {len(self.means)} readers" if told else "mean not told by batch norms"

    @property
    def is_identity(self) -> bool:
        """Whether every unit is still there."""
        return self.width == self.units
