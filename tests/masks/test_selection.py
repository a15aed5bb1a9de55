"""Exactly k, in a total order, against a full stable sort."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from theoryprune.masks import selection
from theoryprune.masks.selection import Whole, positions, require_finite
from theoryprune.masks.selection import lowest as choose


def by_sorting(scores, k, alive=None):
    """The first k of the order: ascending score, then descending place."""
    alive = alive or [torch.ones(len(vector), dtype=torch.bool) for vector in scores]
    flat = [(float(v), -p, p) for p, v in enumerate(torch.cat(scores).tolist())]
    live = torch.cat(alive).tolist()
    chosen = sorted(p for _, _, p in sorted(entry for entry in flat if live[entry[2]])[:k])
    starts = torch.tensor([0, *(len(vector) for vector in scores)]).cumsum(0).tolist()
    return [[p - a for p in chosen if a <= p < b] for a, b in pairwise(starts)]


def lowest(scores, k, alive=None):
    return choose([Whole(v, a) for v, a in zip(scores, alive or [None] * len(scores), strict=True)], k).places


values = st.sampled_from([0.0, 0.0, 5e-324, 1e-310, 0.5, 1.0, -1.0, 2.0, 1e300]) | st.floats(-2, 2)


@given(st.lists(st.lists(values, max_size=12), min_size=1, max_size=4), st.data())
def test_equals_a_stable_sort(rows, data):
    scores = [torch.tensor(row, dtype=torch.float64) for row in rows]
    alive = [torch.tensor([data.draw(st.booleans()) for _ in row], dtype=torch.bool) for row in rows]
    for candidates in (None, alive):
        count = sum(map(len, rows)) if candidates is None else sum(int(part.sum()) for part in alive)
        k = data.draw(st.integers(0, count))
        assert [found.tolist() for found in lowest(scores, k, candidates)] == by_sorting(scores, k, candidates)


@pytest.mark.parametrize("kind", ["random", "ties", "zeros", "equal", "subnormal"])
@pytest.mark.parametrize("share", [0.001, 0.05, 0.5, 0.999])
def test_the_sample_never_changes_the_result(kind, share, monkeypatch):
    draws = torch.Generator().manual_seed(0)
    scores = [torch.rand(size, generator=draws) for size in (3000, 7, 0, 1500)]
    if kind == "ties":
        scores = [(vector * 5).floor() for vector in scores]
    elif kind == "zeros":
        scores = [vector * (vector > 0.7) for vector in scores]
    elif kind == "equal":
        scores = [torch.ones_like(vector) for vector in scores]
    elif kind == "subnormal":
        scores = [vector * 1e-42 for vector in scores]
    alive = [torch.rand(len(vector), generator=draws) > 0.4 for vector in scores]
    monkeypatch.setattr(selection, "_DIRECT", 100)
    for candidates, sample in ((None, 40), (alive, 40), (alive, 4000)):
        monkeypatch.setattr(selection, "_SAMPLE", sample)
        count = 4507 if candidates is None else sum(int(part.sum()) for part in alive)
        k = max(1, int(share * count))
        assert [found.tolist() for found in lowest(scores, k, candidates)] == by_sorting(scores, k, candidates)


def test_more_than_200000_entries_on_any_number_of_threads():
    scores = [torch.rand(150_000, generator=torch.Generator().manual_seed(i)).mul(1000).floor() for i in range(3)]
    threads = torch.get_num_threads()
    found = []
    for number in (1, 2):
        torch.set_num_threads(number)
        found.append(lowest(scores, 123_456))
    torch.set_num_threads(threads)
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))
    flat = torch.cat(scores)
    reverse = flat.flip(0).sort(stable=True).indices[:123_456]
    expected = (len(flat) - 1 - reverse).sort().values
    offsets = [0, 150_000, 300_000]
    assert torch.equal(torch.cat([part + start for part, start in zip(found[0], offsets, strict=True)]), expected)


def test_positions():
    assert positions(torch.tensor([True, False, True])).tolist() == [0, 2]


def test_too_many_are_refused():
    with pytest.raises(ValueError, match="only 1 scores can be removed, not 2"):
        lowest([torch.tensor([1.0, 2.0])], 2, [torch.tensor([True, False])])


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_trap_006_what_is_not_finite_raises_with_name_and_count(bad):
    good = torch.ones(4)
    with pytest.raises(ValueError, match=r"scores must be finite, but 'b.weight' has 2 that are NaN or infinite"):
        require_finite({"a.weight": good, "b.weight": torch.tensor([bad, 1.0, bad]), "c.weight": good[:0]})


def test_a_flow_cannot_be_negative():
    require_finite({"a": torch.tensor([-1.0])})
    with pytest.raises(ValueError, match="cannot be negative, but 'a' has 1"):
        require_finite({"a": torch.tensor([-1.0, 0.0])}, non_negative=True)
