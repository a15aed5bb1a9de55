"""Scores among which some are to be chosen: what selection asks of them, and the plainest kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from math import isfinite
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

Block = tuple[int, Tensor, Sequence[int]]
"""The place of its first score, the scores, and where in them a layer ends."""


class Candidates(Protocol):
    """Scores of some layers, one layer after the other; some of them may be removed."""

    @property
    def count(self) -> int:
        """Number of candidates, those of `zeros` included."""

    @property
    def zeros(self) -> Tensor:
        """Flat indices, ascending, of candidates that have no place and score 0."""

    @property
    def alive(self) -> Tensor | None:
        """Which places hold candidates (bool); None for all."""

    @property
    def marks(self) -> Tensor:
        """Room for a mark at each place (bool), which `lowest` writes: what is chosen."""

    @property
    def ranges(self) -> Sequence[tuple[int, int]]:
        """The places of each layer, from the first to behind the last."""

    def blocks(self) -> Iterator[Block]:
        """Yield the scores in order of their places; every layer ends exactly once."""

    def at(self, places: Tensor) -> Tensor:
        """Return the scores at ascending places."""

    def flat(self, places: Tensor) -> Tensor:
        """Return the flat indices of places, in the same order."""


class Vectors:
    """All entries of some vectors of scores, or some of them, as candidates.

    Parameters
    ----------
    vectors : sequence of Tensor, each of shape (n,)
    alive : Tensor of bool, optional
        Over all vectors, one after the other.
    """

    def __init__(self, vectors: Sequence[Tensor], alive: Tensor | None = None) -> None:
        self.alive = alive
        self._vectors = vectors
        ends = list(accumulate(map(len, vectors)))
        self.ranges = [(end - len(vector), end) for end, vector in zip(ends, vectors, strict=True)]
        self.count = sum(map(len, vectors)) if alive is None else int(alive.count_nonzero())
        device = vectors[0].device if vectors else None
        self.zeros = torch.empty(0, dtype=torch.int64, device=device)
        self.marks = torch.zeros(ends[-1] if ends else 0, dtype=torch.bool, device=device)

    def blocks(self) -> Iterator[Block]:
        """Yield the vectors."""
        for (start, _), vector in zip(self.ranges, self._vectors, strict=True):
            yield start, vector, (len(vector),)

    def at(self, places: Tensor) -> Tensor:
        """Return some entries."""
        return torch.cat(list(self._vectors))[places]

    def flat(self, places: Tensor) -> Tensor:
        """Return the places."""
        return places


def positions(chosen: Tensor) -> Tensor:
    """Return the positions of the True entries of a vector, ascending."""
    if chosen.device.type != "cpu":
        return chosen.nonzero().view(-1)
    flags = chosen.numpy()
    if np.count_nonzero(flags) > len(flags) / 10 or len(flags) < 64:
        return torch.from_numpy(np.flatnonzero(flags))
    # NumPy's search for few entries costs much per entry: first find the groups of eight that hold any.
    whole = len(flags) // 8 * 8
    groups = flags[:whole].view(np.uint64)
    found = np.flatnonzero(groups != 0)
    inside = np.flatnonzero(groups[found].view(np.bool_))
    places = found[inside >> 3] * 8 + (inside & 7)
    return torch.from_numpy(np.concatenate([places, whole + np.flatnonzero(flags[whole:])]))


def require_finite(scores: Mapping[str, Tensor], non_negative: bool = False) -> None:
    """Raise `ValueError`, naming weights and counts, if a score is NaN or infinite (or negative where none may be)."""
    suspects = []
    for name, values in scores.items():
        if values.numel():
            low, high = (float(end) for end in values.aminmax())
            if not (isfinite(low) and isfinite(high)) or (non_negative and low < 0):
                suspects.append(name)
    if not suspects:
        return
    bad = {name: int((~scores[name].isfinite()).sum()) for name in suspects}
    if any(bad.values()):
        listed = ", ".join(f"'{name}' has {count}" for name, count in bad.items())
        raise ValueError(f"scores must be finite, but {listed} that are NaN or infinite")
    negative = ", ".join(f"'{name}' has {int((scores[name] < 0).sum())}" for name in suspects)
    raise ValueError(f"the scores of a flow cannot be negative, but {negative} that are")
