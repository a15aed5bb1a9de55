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
    """All candidates among the entries with scores up to a bound."""

    places: list[Tensor]
    values: list[Tensor]
    sums: list[float]
    complete: bool


def lowest(layers: Sequence[Candidates], k: int, limit: float = inf, forced: float = 0.0) -> Lowest:
    """Choose the `k` lowest scores of all layers together, or fewer if their sum exceeds a limit.

    Parameters
    ----------
    layers : sequence of Candidates
        Finite scores, without a negative one if there is a limit.
    k : int
        At most the number of candidates.
    limit : float
        The longest prefix with at most this sum is taken, and all zeros; infinity for exactly `k`.
    forced : float
        Where not even one positive score fits under the limit, one is taken if it is at most this.

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
    for low, high in _brackets(layers, k, limit):
        found = _gather(layers, high)
        count = _prefix(layers, found, low, k, limit, forced)
        if count is not None:
            return _choose(layers, found, low, count)
    raise ValueError("the scores changed while they were read")  # the last bracket holds everything


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
    found = _Found([], [], [], bound == inf)
    for layer in layers:
        places, values, total, start = [], [], 0.0, 0
        for block in layer.blocks():
            total += float(block.sum(dtype=torch.float64))
            alive = None if layer.alive is None else layer.alive[start : start + len(block)]
            met = _meeting(block, bound, alive)
            values.append(block[met])
            places.append(met + start)
            start += len(block)
        found.places.append(torch.cat(places) if places else torch.empty(0, dtype=torch.int64))
        found.values.append(torch.cat(values) if values else torch.empty(0))
        found.sums.append(total)
    return found


def _meeting(block: Tensor, bound: float, alive: Tensor | None) -> Tensor:
    if bound == inf:
        return torch.arange(len(block), device=block.device) if alive is None else positions(alive)
    met = block <= bound
    return positions(met if alive is None else met.logical_and_(alive))


def _prefix(layers: Sequence[Candidates], found: _Found, low: float, k: int, limit: float, forced: float) -> int | None:
    """Return how many are to be removed; None if that depends on more than was found."""
    outside = sum(len(layer.zeros) for layer in layers)
    enough = found.complete or outside + sum(map(len, found.values)) >= k
    if limit == inf:
        return k if enough else None
    values = [v.to(torch.float64) for v in found.values]
    base = sum(float(v[v <= low].sum()) for v in values)
    if base > limit:
        base, low = 0.0, -inf
    sure = sum(int((v <= low).sum()) for v in values)
    rest = torch.cat([v[v > low] for v in values])
    count = outside + sure + _fitting(rest, limit - base)
    if not found.complete and not enough and count == outside + sure + len(rest):
        return None
    return min(k, max(count, _forced(layers, found, forced)))


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


def _forced(layers: Sequence[Candidates], found: _Found, forced: float) -> int:
    """Return the number of zeros, and one more if the smallest positive score may be taken."""
    zeros = sum(len(layer.zeros) for layer in layers) + sum(int((v == 0).sum()) for v in found.values)
    positive = [float(v[v > 0].min()) for v in found.values if bool((v > 0).any())]
    return zeros + (1 if positive and min(positive) <= forced else 0)


def _choose(layers: Sequence[Candidates], found: _Found, low: float, k: int) -> Lowest:
    """Take the first `k` of what was found."""
    empty = torch.empty(0, dtype=torch.int64)
    if k <= 0:
        next_score = _smallest(layers, found, [torch.ones(len(v), dtype=torch.bool) for v in found.values])
        return Lowest([empty for _ in layers], [empty for _ in layers], 0, 0.0, None, next_score, found.sums)
    threshold = _threshold(layers, found, low, k)
    zeros = [layer.zeros if threshold > 0 else empty for layer in layers]
    chosen = [values < threshold for values in found.values]
    missing = k - sum(map(len, zeros)) - sum(int(part.count_nonzero()) for part in chosen)
    for i in reversed(range(len(layers))):
        if missing:
            missing -= _ties(layers[i], found, i, threshold, missing, chosen, zeros)
    total = sum(float(v[part].sum(dtype=torch.float64)) for v, part in zip(found.values, chosen, strict=True))
    stays = [~part for part in chosen]
    left_out = any(len(part) < len(layer.zeros) for part, layer in zip(zeros, layers, strict=True))
    next_score = 0.0 if left_out else _smallest(layers, found, stays)
    places = [place[part] for place, part in zip(found.places, chosen, strict=True)]
    return Lowest(places, zeros, k, total, threshold, next_score, found.sums)


def _threshold(layers: Sequence[Candidates], found: _Found, low: float, k: int) -> float:
    """Return the k-th lowest score."""
    rank = k - sum(len(layer.zeros) for layer in layers)
    if rank <= 0:
        return 0.0
    below = sum(int((v <= low).sum()) for v in found.values)
    parts = [v[v > low] for v in found.values] if below < rank else found.values
    return float(torch.cat(parts).kthvalue(rank - below if below < rank else rank).values)


def _ties(
    layer: Candidates, found: _Found, i: int, threshold: float, missing: int, chosen: list[Tensor], zeros: list[Tensor]
) -> int:
    """Take up to `missing` of the layer's candidates at the threshold, from the highest flat index down."""
    ties = positions(found.values[i] == threshold)
    outside = layer.zeros if threshold == 0 else layer.zeros[:0]
    if len(outside):
        flat = torch.cat([layer.flat(found.places[i][ties]), outside])
        taken = flat >= flat.sort(descending=True).values[min(missing, len(flat)) - 1]
        zeros[i] = outside[taken[len(ties) :]]
        ties = ties[taken[: len(ties)]]
    else:
        ties = ties[max(0, len(ties) - missing) :]
    chosen[i][ties] = True
    return len(ties) + len(zeros[i])


def _smallest(layers: Sequence[Candidates], found: _Found, stays: list[Tensor]) -> float | None:
    """Return the smallest score that stays among the entries."""
    left = [float(v[part].min()) for v, part in zip(found.values, stays, strict=True) if bool(part.any())]
    if left or found.complete:
        return min(left, default=None)
    # All that was found goes, so what stays lies above: one more pass.
    best = [
        float(rest.min())
        for layer in layers
        for rest in _above(layer, max(float(v.max()) for v in found.values if len(v)))
        if len(rest)
    ]
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
