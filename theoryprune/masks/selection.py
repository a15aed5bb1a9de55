"""Exactly the lowest scores, by count or by sum, in a total order that no machine or thread count changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

_DIRECT = 400_000
"""Up to so many candidates all are gathered, without a sample."""

_SAMPLE = 40_000

_SORT = 4096
"""So few values are simply sorted."""


class Candidates(Protocol):
    """The scores of one layer, some of which may be removed."""

    @property
    def size(self) -> int:
        """Number of entries, candidates or not."""

    @property
    def count(self) -> int:
        """Number of candidates, those of `zeros` included."""

    @property
    def alive(self) -> Tensor | None:
        """Which entries are candidates, bool of shape (size,); None for all."""

    @property
    def zeros(self) -> Tensor:
        """Flat indices, ascending, of candidates that are no entries and score 0."""

    def blocks(self) -> Iterator[Tensor]:
        """Yield the entries' scores in order, in vectors of any length."""

    def at(self, places: Tensor) -> Tensor:
        """Return the scores of some entries."""

    def flat(self, places: Tensor) -> Tensor:
        """Return the flat indices of some entries, in the same order as their places."""


@dataclass(frozen=True, eq=False)
class Lowest:
    """What is to be removed.

    Parameters
    ----------
    places : list of Tensor of int64
        For each layer its entries, ascending.
    zeros : list of Tensor of int64
        For each layer those of its `Candidates.zeros`, ascending.
    count : int
        Of both together.
    total : float
        Sum of their scores, in float64.
    largest : float or None
        The largest of their scores; None if nothing is removed.
    next_score : float or None
        The smallest score of a candidate that stays; None if none stays.
    sums : list of float
        For each layer the sum of all scores, in float64.
    """

    places: list[Tensor]
    zeros: list[Tensor]
    count: int
    total: float
    largest: float | None
    next_score: float | None
    sums: list[float]


@dataclass(eq=False)
class _Found:
    """All candidates among the entries with scores up to a bound, layer after layer."""

    values: Tensor
    places: Tensor
    lengths: list[int]
    sums: list[float]
    complete: bool
    zeros: int
    """How many candidates are no entries."""


def lowest(layers: Sequence[Candidates], k: int, limit: float = inf) -> Lowest:
    """Choose the `k` lowest scores of all layers together, or fewer if their sum exceeds a limit.

    Parameters
    ----------
    layers : sequence of Candidates
        Finite scores, without a negative one if there is a limit.
    k : int
        At most the number of candidates.
    limit : float
        Only the longest prefix with at most this sum is taken; infinity for exactly `k`.

    Returns
    -------
    Lowest

    Raises
    ------
    ValueError
        If there are fewer than `k` candidates.

    Notes
    -----
    The order is by score; among equal scores the *higher* place in the concatenation of the layers comes first, so that
    ties keep the weights of lower flat index. Exact: a sample gives a bound that a little more than the wanted prefix
    should meet; one pass gathers those, and a second bound leaves few of them to be ordered. The sample decides the
    speed and never the result. Cost: a pass over the scores, and little more than what is removed.
    """
    candidates = sum(layer.count for layer in layers)
    if k > candidates:
        raise ValueError(f"only {candidates} scores can be removed, not {k}")
    for bracket in _brackets(layers, k, limit):
        found = _gather(layers, bracket[1])
        count = k if limit == inf else min(k, found.zeros + _fitting(found.values.to(torch.float64), limit))
        if found.complete or count < found.zeros + len(found.values) or found.zeros + len(found.values) == k:
            break
    return _choose(layers, found, bracket[0], count)


def positions(chosen: Tensor) -> Tensor:
    """Return the positions of the True entries of a vector, ascending."""
    if chosen.device.type == "cpu":  # NumPy's search is several times as fast
        return torch.from_numpy(np.flatnonzero(chosen.numpy()))
    return chosen.nonzero().view(-1)


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


@dataclass(frozen=True, eq=False)
class Whole:
    """All entries of a vector of scores as candidates."""

    values: Tensor
    alive: Tensor | None = None

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.values.numel()

    @property
    def count(self) -> int:
        """Number of candidates."""
        return self.size if self.alive is None else int(self.alive.count_nonzero())

    @property
    def zeros(self) -> Tensor:
        """None."""
        return torch.empty(0, dtype=torch.int64, device=self.values.device)

    def blocks(self) -> Iterator[Tensor]:
        """Yield the vector."""
        yield self.values

    def at(self, places: Tensor) -> Tensor:
        """Return some entries."""
        return self.values[places]

    def flat(self, places: Tensor) -> Tensor:
        """Return the places."""
        return places


def _gather(layers: Sequence[Candidates], bound: float) -> _Found:
    """Return the candidates of all layers up to a bound, and the layers' sums."""
    values, places, lengths, sums = [], [], [], []
    for layer in layers:
        total, start, length = 0.0, 0, 0
        for block in layer.blocks():
            total += float(block.sum(dtype=torch.float64))
            met = _meeting(block, bound, None if layer.alive is None else layer.alive[start : start + len(block)])
            values.append(block[met])
            places.append(met.add_(start))
            length += len(met)
            start += len(block)
        lengths.append(length)
        sums.append(total)
    zeros = sum(len(layer.zeros) for layer in layers)
    empty = torch.empty(0, dtype=torch.int64)
    found = (torch.cat(values), torch.cat(places)) if values else (empty.to(torch.float64), empty)
    return _Found(*found, lengths, sums, bound == inf, zeros)


def _meeting(block: Tensor, bound: float, alive: Tensor | None) -> Tensor:
    if bound == inf:
        return torch.arange(len(block), device=block.device) if alive is None else positions(alive)
    met = block <= bound
    return positions(met if alive is None else met.logical_and_(alive))


def _fitting(values: Tensor, limit: float) -> int:
    """Return how many of the lowest values add up to at most `limit`: by halves as in quicksort, then by sorting."""
    count, rest, before = 0, values, -1
    while len(rest) > _SORT and len(rest) != before:
        before = len(rest)
        probe = rest[:: before // 1024].sort().values
        guess = int((probe.cumsum(0) * (before / len(probe)) <= limit).sum())
        low, high = probe[max(0, guess - 32)], probe[min(len(probe) - 1, guess + 32)]
        below = rest[rest <= low]
        if float(below.sum()) > limit:
            rest = below
            continue
        count, limit = count + len(below), limit - float(below.sum())
        middle = rest[(rest > low) & (rest <= high)]
        if float(middle.sum()) > limit:
            rest = middle
            continue
        count, limit = count + len(middle), limit - float(middle.sum())
        rest = rest[rest > high]
    return count + int((rest.sort().values.cumsum(0) <= limit).sum())


def _choose(layers: Sequence[Candidates], found: _Found, low: float, k: int) -> Lowest:
    """Take the first `k` of what was found."""
    threshold = _threshold(found, low, k)
    if threshold is None:
        chosen = torch.zeros(len(found.values), dtype=torch.bool, device=found.values.device)
    else:
        chosen = found.values < threshold
    zeros = [layer.zeros if threshold else layer.zeros[:0] for layer in layers]
    if threshold is not None:
        missing = k - sum(map(len, zeros)) - int(chosen.count_nonzero())
        ties = positions(found.values == threshold)
        if threshold == 0 and found.zeros:
            ties = _merged_ties(layers, found, ties, missing, zeros)
        chosen[ties[max(0, len(ties) - missing) :]] = True
    total = float(found.values[chosen].sum(dtype=torch.float64))
    if sum(map(len, zeros)) < found.zeros:
        next_score: float | None = 0.0
    else:
        next_score = _smallest(layers, found, found.values[~chosen])
    parts = zip(torch.split(found.places, found.lengths), torch.split(chosen, found.lengths), strict=True)
    return Lowest([place[part] for place, part in parts], zeros, k, total, threshold, next_score, found.sums)


def _threshold(found: _Found, low: float, k: int) -> float | None:
    """Return the k-th lowest score; None for k = 0."""
    rank = k - found.zeros
    if rank <= 0:
        return 0.0 if k > 0 else None
    above = found.values[found.values > low]
    below = len(found.values) - len(above)
    if below < rank:
        return float(above.kthvalue(rank - below).values)
    return float(found.values.kthvalue(rank).values)


def _merged_ties(
    layers: Sequence[Candidates], found: _Found, ties: Tensor, missing: int, zeros: list[Tensor]
) -> Tensor:
    """Take the last `missing` zeros of the layers, entries or not; note the latter, return the former."""
    starts = np.cumsum([0, *found.lengths])
    taken = [ties[:0]]
    for i in reversed(range(len(layers))):
        mine = ties[(ties >= starts[i]) & (ties < starts[i + 1])]
        flat = torch.cat([layers[i].flat(found.places[mine]), layers[i].zeros])
        last = torch.zeros(len(flat), dtype=torch.bool, device=flat.device)
        last[flat.argsort(descending=True)[:missing]] = True
        taken.append(mine[last[: len(mine)]])
        zeros[i] = layers[i].zeros[last[len(mine) :]]
        missing -= int(last.count_nonzero())
    return torch.cat(taken)


def _smallest(layers: Sequence[Candidates], found: _Found, left: Tensor) -> float | None:
    """Return the smallest score that stays, given those found that stay."""
    if len(left) or found.complete:
        return float(left.min()) if len(left) else None
    # All that was found goes, so what stays lies above: one more pass.
    bound = float(found.values.max())
    best = [float(rest.min()) for layer in layers for rest in _above(layer, bound) if len(rest)]
    return min(best, default=None)


def _above(layer: Candidates, bound: float) -> Iterator[Tensor]:
    """Yield the layer's candidates with scores above a bound."""
    start = 0
    for block in layer.blocks():
        met = block > bound
        if layer.alive is not None:
            met.logical_and_(layer.alive[start : start + len(block)])
        yield block[met]
        start += len(block)


def _brackets(layers: Sequence[Candidates], k: int, limit: float) -> Iterator[tuple[float, float]]:
    """Yield growing intervals for the last score to be removed, all scores last."""
    inside = sum(layer.count - len(layer.zeros) for layer in layers)
    if inside > _DIRECT:
        sample = _sample(layers)
        share = min(1.0, max(0.0, (k - sum(len(layer.zeros) for layer in layers)) / inside))
        rank = share * len(sample)
        if limit < inf and len(sample):
            sums = sample.to(torch.float64).cumsum(0) * (inside / len(sample))
            rank = min(rank, float((sums <= limit).sum()))
            share = rank / len(sample)
        delta = 4 * sqrt(len(sample) * share * (1 - share)) + 8
        delta += 0.03 * rank if limit < inf else 0  # sums vary more than counts
        while rank + delta < len(sample):
            low = float(sample[int(rank - delta)]) if rank > delta else -inf
            yield low, float(sample[int(rank + delta)])
            delta *= 4
    yield -inf, inf


def _sample(layers: Sequence[Candidates]) -> Tensor:
    """Draw entries in proportion to the layers' sizes; return the candidates' scores, sorted."""
    draws = torch.Generator().manual_seed(0)
    total = sum(layer.size for layer in layers)
    parts = []
    for layer in layers:
        if layer.size:
            places = torch.randint(layer.size, (max(64, round(_SAMPLE * layer.size / total)),), generator=draws)
            if layer.alive is not None:
                places = places.to(layer.alive.device)
                places = places[layer.alive[places]]
            parts.append(layer.at(places))
    return torch.cat(parts).sort().values
