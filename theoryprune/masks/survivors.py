"""Which weights are left during a run, in the order in which the evaluator keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate

import torch
from torch import Tensor

from theoryprune.masks.evaluators import Evaluator
from theoryprune.masks.selection import Block, positions


class Survivors:
    """The survivors of all layers that may be pruned.

    Parameters
    ----------
    weights : mapping of str to Tensor
        All prunable weights in registration order: they make up the flat indices.
    free : collection of str
        Those that are not protected.
    evaluator : Evaluator
        Where the scores come from.

    Attributes
    ----------
    counts : dict of str to int
        Number of survivors of each free layer.
    alive : Tensor of bool
        Which places hold survivors of free layers.
    zeros : Tensor of int64
        Flat indices, ascending, of the survivors that the evaluator has dropped: no flow reaches them.
    """

    def __init__(self, weights: Mapping[str, Tensor], free: Sequence[str], evaluator: Evaluator) -> None:
        ends = list(accumulate(weight.numel() for weight in weights.values()))
        starts = [end - weight.numel() for end, weight in zip(ends, weights.values(), strict=True)]
        self._spans = dict(zip(weights, zip(starts, ends, strict=True), strict=True))
        self._shapes = {name: weights[name].shape for name in free}
        self._evaluator = evaluator
        device = next(iter(weights.values())).device
        self.alive = torch.zeros(ends[-1], dtype=torch.bool, device=device)
        for name in free:
            self.alive[slice(*self._spans[name])] = True
        self.counts = {name: weights[name].numel() for name in free}
        self.zeros = torch.empty(0, dtype=torch.int64, device=device)
        self._flat: Tensor | None = None
        # Half the size of what it becomes in the end; few runs have more than 32,767 iterations.
        self._removed_at = torch.zeros(ends[-1], dtype=torch.int16, device=device)

    def removed_at(self) -> dict[str, Tensor]:
        """For each weight the iteration that removed it, 0 while it survives: int32, of the weights' shapes."""
        marks = self._removed_at
        return {n: marks[slice(*self._spans[n])].to(torch.int32).view(shape) for n, shape in self._shapes.items()}

    def keep(self) -> dict[str, Tensor]:
        """Return the present mask."""
        return {n: (self._removed_at[slice(*self._spans[n])] == 0).view(shape) for n, shape in self._shapes.items()}

    def part(self, names: Sequence[str]) -> Part:
        """Return the survivors of some layers as candidates for removal."""
        return Part(self, self._evaluator, names)

    def flat(self, places: Tensor) -> Tensor:
        """Return the flat indices of places."""
        return places if self._flat is None else self._flat[places]

    def zeros_of(self, names: Sequence[str]) -> Tensor:
        """Return the zeros of some layers."""
        if not len(self.zeros) or len(names) == len(self.counts):
            return self.zeros
        return torch.cat([self.zeros[slice(*self._cut(self.zeros, name))] for name in names])

    def _cut(self, flat: Tensor, name: str) -> tuple[int, int]:
        """Return where the ascending flat indices of a layer start and end."""
        span = torch.tensor(self._spans[name], device=flat.device)
        start, end = torch.searchsorted(flat, span).tolist()
        return start, end

    def remove(self, places: Tensor, zeros: Tensor, iteration: int) -> None:
        """Remove ascending places, and flat indices among `zeros`; follow the evaluator where it changes the order."""
        if iteration > torch.iinfo(self._removed_at.dtype).max:
            self._removed_at = self._removed_at.to(torch.int32)
        gone = self.flat(places)
        for flat in (gone, zeros):
            self._removed_at[flat] = iteration
            ends = torch.searchsorted(flat, torch.tensor([self._spans[n] for n in self.counts], device=flat.device))
            for name, (start, end) in zip(self.counts, ends.tolist(), strict=True):
                self.counts[name] -= end - start
        self.alive[places] = False
        if len(zeros):
            self.zeros = self.zeros[~torch.isin(self.zeros, zeros)]
        moved = self._evaluator.remove(places)
        if moved is not None:
            self._move(moved)

    def _move(self, places: Tensor) -> None:
        """Go over to a new order: `places` holds the old place of each new one, -1 for none."""
        real = places >= 0
        inside = places.clamp(min=0)
        stays = self.alive[inside] & real
        self.alive[places[real]] = False
        dropped = self.flat(positions(self.alive))
        if len(dropped):
            self.zeros = torch.cat([self.zeros, dropped]).sort().values
        self._flat = self.flat(inside)
        self.alive = stays


class Part:
    """The survivors of some layers, as candidates for removal."""

    def __init__(self, survivors: Survivors, evaluator: Evaluator, names: Sequence[str]) -> None:
        self._survivors, self._evaluator, self._names = survivors, evaluator, names
        self.alive = survivors.alive
        self.zeros = survivors.zeros_of(names)
        self.count = sum(survivors.counts[name] for name in names)
        self.ranges = [evaluator.spans[name] for name in names]

    def blocks(self) -> Iterator[Block]:
        """Yield the scores in order of their places."""
        return self._evaluator.blocks(self._names)

    def at(self, places: Tensor) -> Tensor:
        """Return the scores at ascending places."""
        return self._evaluator.at(places)

    def flat(self, places: Tensor) -> Tensor:
        """Return the flat indices of places."""
        return self._survivors.flat(places)

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """Take the highest positive score of each layer, the first of equal ones, out of the candidates for a while."""
        tops = [place for name in self._names if (place := self._top(name)) is not None]
        self.alive[tops] = False
        self.count -= len(tops)
        try:
            yield
        finally:
            self.alive[tops] = True
            self.count += len(tops)

    def _top(self, name: str) -> int | None:
        best, place = 0.0, None
        for start, block, _ in self._evaluator.blocks([name]):
            top = block.max(0)  # removed weights score 0
            if float(top.values) > best:
                best, place = float(top.values), start + int((block == top.values).nonzero()[0])
        return place
