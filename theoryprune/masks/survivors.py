"""Which weights of a layer are left during a run, stored so that a step costs what the survivors cost."""

from __future__ import annotations

import torch
from torch import Tensor

from theoryprune.masks.selection import places_of

SPARSE = 0.2
"""Below this density a list of flat indices is cheaper than passes over the whole layer."""


class Survivors:
    """The survivors of one layer.

    Parameters
    ----------
    weight : Tensor
        For its shape and device.

    Attributes
    ----------
    removed_at : Tensor of int32
        For each weight the iteration that removed it, 0 while it survives.
    index : Tensor of int64, or None
        The flat indices of the survivors, ascending, once they are few. Before that None: then score vectors hold an
        entry for every weight.
    alive : Tensor of bool, or None
        While `index` is None and something is gone: which entries of a score vector are survivors.
    count : int
        Number of survivors.
    """

    def __init__(self, weight: Tensor) -> None:
        self.removed_at = torch.zeros(weight.shape, dtype=torch.int32, device=weight.device)
        self.index: Tensor | None = None
        self.alive: Tensor | None = None
        self.count = weight.numel()

    def remove(self, places: Tensor, iteration: int) -> Tensor:
        """Remove the survivors at the given places of the score vector; return their flat indices."""
        if not len(places):
            return places
        flat = places if self.index is None else self.index[places]
        self.removed_at.view(-1)[flat] = iteration
        self.count -= len(flat)
        if self.index is not None:
            left = torch.ones_like(self.index, dtype=torch.bool)
            left[places] = False
            self.index = self.index[places_of(left)]
            return flat
        if self.alive is None:
            self.alive = torch.ones(self.removed_at.numel(), dtype=torch.bool, device=flat.device)
        self.alive[flat] = False
        if self.count < SPARSE * self.removed_at.numel():
            self.index, self.alive = places_of(self.alive), None
        return flat
