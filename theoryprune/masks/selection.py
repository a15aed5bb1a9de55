"""Exactly the k lowest scores, in a total order that no machine or thread count changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import inf, isfinite, sqrt

import numpy as np
import torch
from torch import Tensor

_DIRECT = 200_000
"""Up to so many entries the threshold is selected directly, without a sample."""

_SAMPLE = 40_000


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


def lowest(scores: Sequence[Tensor], k: int, alive: Sequence[Tensor | None] | None = None) -> list[Tensor]:
    """Return the positions of the k lowest scores of all vectors together.

    Parameters
    ----------
    scores : sequence of Tensor, each of shape (n,)
        Finite.
    k : int
        At most the number of candidates.
    alive : sequence of (Tensor of bool, shape (n,), or None), optional
        Which entries are candidates; None for all.

    Returns
    -------
    list of Tensor of int64, each of shape (number of lowest,)
        Ascending positions within each vector, `k` in all. Of equal scores the ones with the *higher* place in the
        concatenation are taken, so that ties keep the weights of lower flat index.

    Notes
    -----
    Exact. A sample gives a bound that some more than `k` scores should meet; one pass gathers those, and the rest is
    done among them. The sample decides the speed and never the result. Cost: a pass over the scores, and a selection
    among little more than `k`.
    """
    if k <= 0:
        return [torch.empty(0, dtype=torch.int64, device=vector.device) for vector in scores]
    places = _gather(scores, k, alive or [None] * len(scores))
    values = [vector[place] for vector, place in zip(scores, places, strict=True)]
    threshold = torch.cat(values).kthvalue(k).values
    chosen = [value < threshold for value in values]
    missing = k - sum(int(part.count_nonzero()) for part in chosen)
    for value, part in zip(reversed(values), reversed(chosen), strict=True):
        ties = places_of(value == threshold)
        ties = ties[max(0, len(ties) - missing) :]
        part[ties] = True
        missing -= len(ties)
    return [place[part] for place, part in zip(places, chosen, strict=True)]


def places_of(chosen: Tensor) -> Tensor:
    """Return the positions of the True entries of a vector, ascending."""
    if chosen.device.type == "cpu":  # NumPy's search is several times as fast
        return torch.from_numpy(np.flatnonzero(chosen.numpy()))
    return chosen.nonzero().view(-1)


def _gather(scores: Sequence[Tensor], k: int, alive: Sequence[Tensor | None]) -> list[Tensor]:
    """Return positions, vector by vector, of little more than the k lowest candidates."""
    for bound in _bounds(scores, k, alive):
        met = [vector <= bound for vector in scores]
        for part, candidates in zip(met, alive, strict=True):
            if candidates is not None:
                part.logical_and_(candidates)
        places = [places_of(part) for part in met]
        if sum(map(len, places)) >= k:
            return places
    raise ValueError(f"only {sum(map(len, places))} scores can be removed, not {k}")


def _bounds(scores: Sequence[Tensor], k: int, alive: Sequence[Tensor | None]) -> Iterator[float]:
    """Yield growing bounds for the k-th lowest candidate, infinity last."""
    if sum(vector.numel() for vector in scores) > _DIRECT:
        sample, candidates = _sample(scores, alive)
        part = min(1.0, k / candidates)
        rank, delta = part * len(sample), 4 * sqrt(len(sample) * part * (1 - part)) + 8
        while rank + delta < len(sample):
            yield float(sample[int(rank + delta)])
            delta *= 4
    yield inf


def _sample(scores: Sequence[Tensor], alive: Sequence[Tensor | None]) -> tuple[Tensor, float]:
    """Draw entries in proportion to the vectors' lengths; return the candidates, sorted, and about how many exist."""
    draws = torch.Generator().manual_seed(0)
    total = sum(vector.numel() for vector in scores)
    parts, seen = [], 0
    for vector, candidates in zip(scores, alive, strict=True):
        if vector.numel():
            size = max(64, round(_SAMPLE * vector.numel() / total))
            places = torch.randint(vector.numel(), (size,), generator=draws).to(vector.device)
            seen += size
            parts.append(vector[places if candidates is None else places[candidates[places]]])
    sample = torch.cat(parts).sort().values
    return sample, max(1.0, len(sample) / seen * total)
