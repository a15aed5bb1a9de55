"""Which weights of a layer are left during a run, in the order in which the evaluator keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from theoryprune.masks.evaluators import Evaluator
from theoryprune.masks.selection import positions


class Survivors:
    """The survivors of one layer, as candidates for removal.

    Parameters
    ----------
    name : str
        Of the weight.
    weight : Tensor
        For its shape and device.
    evaluator : Evaluator
        Where the scores come from.

    Attributes
    ----------
    size : int
        Number of entries that the evaluator keeps of this weight.
    count : int
        Number of survivors.
    alive : Tensor of bool, shape (size,), or None
        Which entries are survivors; None for all.
    zeros : Tensor of int64
        Flat indices, ascending, of the survivors that the evaluator has dropped: no flow reaches them.
    """

    def __init__(self, name: str, weight: Tensor, evaluator: Evaluator) -> None:
        self.size = self.count = weight.numel()
        self.alive: Tensor | None = None
        self.zeros = torch.empty(0, dtype=torch.int64, device=weight.device)
        self._name, self._evaluator = name, evaluator
        self._flat: Tensor | None = None
        # Half the size of what it becomes in the end; few runs have more than 32,767 iterations.
        self._removed_at = torch.zeros(weight.shape, dtype=torch.int16, device=weight.device)

    @property
    def total(self) -> int:
        """Number of weights of the layer, removed or not."""
        return self._removed_at.numel()

    @property
    def removed_at(self) -> Tensor:
        """For each weight the iteration that removed it, 0 while it survives: int32, of the weight's shape."""
        return self._removed_at.to(torch.int32)

    def blocks(self) -> Iterator[Tensor]:
        """Yield the entries' scores in order."""
        return self._evaluator.blocks(self._name)

    def at(self, places: Tensor) -> Tensor:
        """Return the scores of some entries."""
        return self._evaluator.at(self._name, places)

    def flat(self, places: Tensor) -> Tensor:
        """Return the flat indices of some entries."""
        return places if self._flat is None else self._flat[places]

    def remove(self, places: Tensor, zeros: Tensor, iteration: int) -> None:
        """Note the removal of some entries, and of some of `zeros`."""
        if iteration > torch.iinfo(self._removed_at.dtype).max:
            self._removed_at = self._removed_at.to(torch.int32)
        marks = self._removed_at.view(-1)
        marks[self.flat(places)] = iteration
        marks[zeros] = iteration
        self.count -= len(places) + len(zeros)
        if len(places):
            if self.alive is None:
                self.alive = torch.ones(self.size, dtype=torch.bool, device=places.device)
            self.alive[places] = False
        if len(zeros):
            self.zeros = self.zeros[~torch.isin(self.zeros, zeros)]

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """Take the highest positive score, the first of equal ones, out of the candidates for a while."""
        best, place, start = 0.0, None, 0
        for block in self.blocks():
            top = block.max(0)  # removed entries score 0
            if float(top.values) > best:
                best, place = float(top.values), start + int((block == top.values).nonzero()[0])
            start += len(block)
        if place is None:
            yield
            return
        alive = torch.ones(self.size, dtype=torch.bool, device=self.zeros.device) if self.alive is None else self.alive
        self.alive = alive
        self.count -= 1
        alive[place] = False
        try:
            yield
        finally:
            alive[place] = True
            self.count += 1

    def move(self, places: Tensor) -> None:
        """Follow the evaluator to a new order: `places` holds the old place of each new entry, -1 for none."""
        alive = torch.ones(self.size, dtype=torch.bool, device=places.device) if self.alive is None else self.alive
        real = places >= 0
        inside = places.clamp(min=0)
        stays = alive[inside] & real if self.size else real
        dropped = alive.clone()
        dropped[places[real]] = False
        self.zeros = torch.cat([self.zeros, self.flat(positions(dropped))]).sort().values
        self._flat = (self.flat(inside) if self.size else inside).to(torch.int64)
        self.alive, self.size = stays, len(places)
