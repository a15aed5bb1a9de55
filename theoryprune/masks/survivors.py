"""Which weights are left during a run, in the order in which the evaluator keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate

import torch
from torch import Tensor

from theoryprune.graph.moved import Moved
from theoryprune.masks.candidates import Block, positions
from theoryprune.masks.evaluators import Evaluator

_PIECE = 1 << 18
"""Places that are removed at a time: their indices take eight bytes each."""


class Removals:
    """When each weight went, by flat index.

    Parameters
    ----------
    spans : mapping of str to (int, int)
        The flat indices of each prunable weight.
    shapes : mapping of str to torch.Size
        Of the weights that are not protected.
    device : torch.device
    """

    def __init__(
        self, spans: Mapping[str, tuple[int, int]], shapes: Mapping[str, torch.Size], device: torch.device
    ) -> None:
        self._spans, self._shapes = spans, shapes
        # One byte while it is enough: it lies beside the weights all the time.
        self._iterations = torch.zeros(max(end for _, end in spans.values()), dtype=torch.uint8, device=device)

    def note(self, flat: Tensor, iteration: int) -> None:
        """Note that an iteration removes these weights."""
        if iteration > torch.iinfo(self._iterations.dtype).max:
            self._iterations = self._iterations.to(_wide(iteration))
        self._iterations[flat] = iteration

    def keep(self) -> dict[str, Tensor]:
        """Return the present mask."""
        return {name: (self._of(name) == 0).view(shape) for name, shape in self._shapes.items()}

    def removed_at(self) -> dict[str, Tensor]:
        """For each weight the iteration that removed it, 0 while it survives; of the weights' shapes.

        As int16, or int32 after more than 32,767 iterations.
        """
        dtype = torch.promote_types(self._iterations.dtype, torch.int16)
        return {name: self._of(name).to(dtype).view(shape) for name, shape in self._shapes.items()}

    def _of(self, name: str) -> Tensor:
        return self._iterations[slice(*self._spans[name])]


def _wide(iteration: int) -> torch.dtype:
    return torch.int16 if iteration <= torch.iinfo(torch.int16).max else torch.int32


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
    marks : Tensor of bool
        Room for a mark at each place: what is to go next. All False but between a choice and its removal.
    zeros : Tensor of int64
        Flat indices, ascending, of the survivors that the evaluator has dropped: no flow reaches them.
    removals : Removals
        What went when.
    """

    def __init__(self, weights: Mapping[str, Tensor], free: Sequence[str], evaluator: Evaluator) -> None:
        ends = list(accumulate(weight.numel() for weight in weights.values()))
        starts = [end - weight.numel() for end, weight in zip(ends, weights.values(), strict=True)]
        self._spans = dict(zip(weights, zip(starts, ends, strict=True), strict=True))
        self._evaluator = evaluator
        device = next(iter(weights.values())).device
        self.alive = torch.zeros(ends[-1], dtype=torch.bool, device=device)
        for name in free:
            self.alive[slice(*self._spans[name])] = True
        self.marks = torch.zeros_like(self.alive)
        self.counts = {name: weights[name].numel() for name in free}
        self.zeros = torch.empty(0, dtype=torch.int64, device=device)
        self._moved: Mapping[str, Moved] | None = None  # where the entries of each weight were at first; None: there
        self.removals = Removals(self._spans, {name: weights[name].shape for name in free}, device)

    def part(self, names: Sequence[str]) -> Part:
        """Return the survivors of some layers as candidates for removal."""
        return Part(self, self._evaluator, names)

    def flat(self, places: Tensor) -> Tensor:
        """Return the flat indices of ascending places."""
        if self._moved is None:
            return places
        parts = []
        for name, (start, end) in self._evaluator.spans.items():
            low, high = torch.searchsorted(places, torch.tensor([start, end], device=places.device)).tolist()
            if low < high:
                parts.append(self._moved[name].origin(places[low:high] - start).add_(self._spans[name][0]))
        return torch.cat(parts) if parts else places[:0]

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

    def remove(self, zeros: Tensor, iteration: int) -> None:
        """Remove the marked places, and flat indices among `zeros`; follow the evaluator where it changes the order."""
        for start in range(0, len(self.marks), _PIECE):
            marks = self.marks[start : start + _PIECE]
            places = positions(marks).add_(start)
            if len(places):
                self._note(self.flat(places), iteration)
                self._evaluator.remove(places)
                self.alive[places] = False
                marks.zero_()
        self._note(zeros, iteration)
        if len(zeros):
            self.zeros = self.zeros[~torch.isin(self.zeros, zeros)]
        spans = self._evaluator.spans
        moved = self._evaluator.shrink()
        if moved is not None:
            self._move(moved, spans)

    def _note(self, flat: Tensor, iteration: int) -> None:
        """Note that these ascending flat indices go."""
        self.removals.note(flat, iteration)
        ends = torch.searchsorted(flat, torch.tensor([self._spans[n] for n in self.counts], device=flat.device))
        for name, (start, end) in zip(self.counts, ends.tolist(), strict=True):
            self.counts[name] -= end - start

    def _move(self, moved: Mapping[str, Moved], spans: Mapping[str, tuple[int, int]]) -> None:
        """Go over to a new order, from one in which the weights had the given spans."""
        dropped, stop = [self.zeros], 0
        for name, (start, end) in spans.items():
            alive = self.alive[start:end].view(-1, moved[name].width)
            stays = []
            for rows in moved[name].rows():
                stays.append(alive.index_select(0, rows).view(-1))
                alive[rows] = False
            left = positions(alive.view(-1))
            origin = left if self._moved is None else self._moved[name].origin(left)
            dropped.append(origin + self._spans[name][0])
            for flags in stays:  # to the start of the same memory: nothing moves to a higher place
                self.alive[stop : stop + len(flags)] = flags
                stop += len(flags)
        self.zeros = torch.cat(dropped).sort().values
        self.alive, self.marks = self.alive[:stop], self.marks[:stop]
        first = self._moved
        self._moved = moved if first is None else {name: step.after(first[name]) for name, step in moved.items()}


class Part:
    """The survivors of some layers, as candidates for removal."""

    def __init__(self, survivors: Survivors, evaluator: Evaluator, names: Sequence[str]) -> None:
        self._survivors, self._evaluator, self._names = survivors, evaluator, names
        self.alive, self.marks = survivors.alive, survivors.marks
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
            top = float(block.max()) if len(block) else 0.0  # removed weights score 0, and a whole layer may be gone
            if top > best:
                best, place = top, start + int((block == top).nonzero()[0])
        return place
