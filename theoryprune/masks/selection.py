"""Exactly the lowest scores, by count or by sum, in a total order that no machine or thread count changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
import torch
from torch import Tensor

from theoryprune.masks.candidates import Candidates, positions

_DIRECT = 400_000
"""Up to so many candidates all up to a bound are gathered, and without a hint all, without a sample."""

_SAMPLE = 100_000

_SORT = 4096
"""So few values are simply sorted."""


Bracket = tuple[float, float]
"""Above the first, up to the second."""


@dataclass(frozen=True, eq=False)
class Lowest:
    """What is to be removed.

    Parameters
    ----------
    candidates : Candidates
        Among which it was chosen; `Candidates.marks` is True where a place goes, until the next choice.
    zeros : Tensor of int64
        Of the `Candidates.zeros`, ascending.
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

    candidates: Candidates
    zeros: Tensor
    count: int
    total: float
    largest: float | None
    next_score: float | None
    sums: list[float]

    @property
    def places(self) -> Tensor:
        """The places that go, ascending: int64."""
        marks = self.candidates.marks
        parts = [positions(marks[start:end]).add_(start) for start, end in self.candidates.ranges]
        return torch.cat(parts) if parts else torch.empty(0, dtype=torch.int64, device=marks.device)


def lowest(candidates: Candidates, k: int, limit: float = inf, hint: Bracket = (-inf, inf)) -> Lowest:
    """Choose the `k` lowest scores, or fewer if their sum exceeds a limit.

    Parameters
    ----------
    candidates : Candidates
        Finite scores, without a negative one if there is a limit.
    k : int
        At most the number of candidates.
    limit : float
        Only the longest prefix with at most this sum is taken; infinity for exactly `k`.
    hint : (float, float)
        Between which scores the largest that will go is expected. It decides the speed and never the result.

    Returns
    -------
    Lowest

    Raises
    ------
    ValueError
        If there are fewer than `k` candidates.

    Notes
    -----
    The order is by score; among equal scores the *higher* place comes first, so that ties keep the weights of lower
    flat index. Exact: a hint or a sample gives bounds between which the last one to go should lie. One pass marks all
    up to the upper bound, adds up what lies below the lower one, and gathers what lies between; the rest happens
    among that, and where the bounds were wrong wider ones follow. Cost: a pass over the scores. Memory: what lies
    between the bounds.
    """
    if k > candidates.count:
        raise ValueError(f"only {candidates.count} scores can be removed, not {k}")
    for low, high in _brackets(candidates, k, limit, hint):
        found = _gather(candidates, low, high)
        below = len(candidates.zeros) + found.below
        count, total = k, below + len(found.values)
        if limit < inf:
            count = min(k, below + _fitting(found.values, limit - found.below_sum))
        reaches_down = low == -inf or below < count
        if reaches_down and (high == inf or count < total or total == k):
            break
    return _choose(candidates, found, count)


@dataclass(eq=False)
class _Found:
    """All candidates with places and scores between two bounds, what lies below them, and the sums of the layers."""

    values: Tensor
    places: Tensor
    below: int
    below_sum: float
    sums: list[float]
    complete: bool


def _gather(candidates: Candidates, low: float, high: float) -> _Found:
    """Mark all candidates up to `high`; return those above `low`."""
    values, places, sums, rest, below, below_sum = [], [], list[float](), 0.0, 0, 0.0
    short = torch.int32 if len(candidates.marks) < 2**31 else torch.int64
    for start, block, ends in candidates.blocks():
        *totals, open_end = _sums(block, ends)
        for total in totals:
            sums.append(total + rest)
            rest = 0.0
        rest += open_end
        marks = candidates.marks[start : start + len(block)]
        if high < inf:
            torch.le(block, high, out=marks)
        else:
            marks.fill_(True)  # NaN too: the sums will tell
        if candidates.alive is not None:
            marks.logical_and_(candidates.alive[start : start + len(block)])
        met = positions(marks)
        scores = block.index_select(0, met)
        if low > -inf:
            above = scores > low
            below_sum += float(torch.where(above, 0, scores).sum(dtype=torch.float64))
            between = positions(above)
            below += len(scores) - len(between)
            scores, met = scores.index_select(0, between), met.index_select(0, between)
        values.append(scores)
        places.append(met.add_(start).to(short))
    empty = candidates.zeros[:0]
    found = (torch.cat(values), torch.cat(places)) if values else (empty.to(torch.float64), empty)
    return _Found(*found, below, below_sum, sums, high == inf)


def _sums(block: Tensor, ends: Sequence[int]) -> list[float]:
    """Return the sums up to each end, and that of what is left of a layer without its end.

    Each in the arithmetic of the block, pairwise: in float32 several times as fast, and as exact as the scores.
    """
    return [float(part.sum()) if len(part) else 0.0 for part in torch.tensor_split(block, list(ends))]


def _fitting(values: Tensor, limit: float) -> int:
    """Return how many of the lowest values add up to at most `limit`: by halves as in quicksort, then by sorting."""
    count, rest, before = 0, values, -1
    while len(rest) > _SORT and len(rest) != before:
        before = len(rest)
        probe = rest[:: before // 1024].sort().values
        guess = int((probe.cumsum(0, dtype=torch.float64) * (before / len(probe)) <= limit).sum())
        low, high = probe[max(0, guess - 32)], probe[min(len(probe) - 1, guess + 32)]
        below = rest[rest <= low]
        total = float(below.sum(dtype=torch.float64))
        if total > limit:
            rest = below
            continue
        count, limit = count + len(below), limit - total
        middle = rest[(rest > low) & (rest <= high)]
        total = float(middle.sum(dtype=torch.float64))
        if total > limit:
            rest = middle
            continue
        count, limit = count + len(middle), limit - total
        rest = rest[rest > high]
    return count + int((rest.sort().values.cumsum(0, dtype=torch.float64) <= limit).sum())


def _choose(candidates: Candidates, found: _Found, k: int) -> Lowest:
    """Leave the marks of the first `k` alone."""
    values, zeros, marks = found.values, candidates.zeros, candidates.marks
    if k <= 0:
        marks[found.places.long()] = False
        least = 0.0 if len(zeros) else _smallest(candidates, found, values)
        return Lowest(candidates, zeros[:0], 0, 0.0, None, least, found.sums)
    rank = k - len(zeros) - found.below
    threshold = _kth(values, rank) if rank > 0 else 0.0
    chosen = values < threshold
    if threshold == 0 and len(zeros):
        ties, zeros = _tied_zeros(candidates, found, k)
    else:
        ties = positions(values == threshold)
        ties = ties[max(0, len(ties) - (rank - int(chosen.count_nonzero()))) :]
    chosen[ties] = True
    total = found.below_sum + float(torch.where(chosen, values, 0).sum(dtype=torch.float64))
    stays = positions(~chosen)
    marks[found.places.index_select(0, stays).long()] = False
    next_score: float | None = 0.0
    if len(zeros) == len(candidates.zeros):
        next_score = _smallest(candidates, found, values.index_select(0, stays))
    return Lowest(candidates, zeros, k, total, threshold, next_score, found.sums)


def _kth(values: Tensor, rank: int) -> float:
    """Return the `rank`-th smallest value, from 1."""
    if values.device.type == "cpu":  # several times as fast as torch's
        return float(np.partition(values.numpy(), rank - 1)[rank - 1])
    return float(values.kthvalue(rank).values)


def _tied_zeros(candidates: Candidates, found: _Found, k: int) -> tuple[Tensor, Tensor]:
    """Return which of what was found, and of the candidates without a place, are the `k` zeros of highest index."""
    ties = positions(found.values == 0)
    flat = torch.cat([candidates.flat(found.places[ties].long()), candidates.zeros])
    last = torch.zeros(len(flat), dtype=torch.bool, device=flat.device)
    last[flat.argsort(descending=True)[:k]] = True
    return ties[last[: len(ties)]], candidates.zeros[last[len(ties) :]]


def _smallest(candidates: Candidates, found: _Found, left: Tensor) -> float | None:
    """Return the smallest score that stays, given those found that stay."""
    if len(left) or found.complete:
        return float(left.min()) if len(left) else None
    # All that was found goes, so what stays lies above: one more pass.
    bound = float(found.values.max()) if len(found.values) else -inf
    best = []
    for start, block, _ in candidates.blocks():
        met = block > bound
        if candidates.alive is not None:
            met.logical_and_(candidates.alive[start : start + len(block)])
        if bool(met.any()):
            best.append(float(block[met].min()))
    return min(best, default=None)


def _brackets(candidates: Candidates, k: int, limit: float, hint: Bracket) -> Iterator[Bracket]:
    """Yield growing brackets for the last score to be removed, (-inf, inf) last."""
    inside = candidates.count - len(candidates.zeros)
    if hint[1] < inf:
        low = hint[0] if inside > _DIRECT and k else -inf
        yield low, max(hint[1], 0.0) if len(candidates.zeros) else hint[1]
    if inside > _DIRECT:
        sample = _sample(candidates)
        rank = min(1.0, max(0.0, (k - len(candidates.zeros)) / inside)) * len(sample)
        if limit < inf and len(sample):
            sums = sample.to(torch.float64).cumsum(0) * (inside / len(sample))
            rank = min(rank, float((sums <= limit).sum()))
        share = rank / max(1, len(sample))
        delta = 4 * sqrt(len(sample) * share * (1 - share)) + 8
        delta += 0.015 * rank if limit < inf else 0  # sums vary more than counts
        while rank + delta < len(sample):
            low = float(sample[int(rank - delta)]) if rank > delta else -inf
            yield low, float(sample[int(rank + delta)])
            delta *= 4
    yield -inf, inf


def _sample(candidates: Candidates) -> Tensor:
    """Draw places in proportion to the layers' sizes; return the candidates' scores, sorted."""
    draws = torch.Generator().manual_seed(0)
    total = sum(end - start for start, end in candidates.ranges)
    parts = []
    for start, end in candidates.ranges:
        if end > start:
            size = max(64, round(_SAMPLE * (end - start) / total))
            parts.append(torch.randint(start, end, (size,), generator=draws).sort().values)
    places = torch.cat(parts).to(candidates.zeros.device)
    if candidates.alive is not None:
        places = places[candidates.alive[places]]
    return candidates.at(places).sort().values
