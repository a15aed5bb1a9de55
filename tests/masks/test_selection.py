"""Exactly k, in a total order, against a full stable sort; prefixes of limited sum, against cumulative sums."""

from functools import lru_cache
from itertools import accumulate
from math import inf, isnan

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from theoryprune.masks import selection
from theoryprune.masks.candidates import Vectors
from theoryprune.masks.selection import lowest


class Pieces(Vectors):
    """Vectors given out in blocks that do not end where the layers do, with a pool of zeros that have no place.

    Flat indices: the places and the zeros share them, both in ascending order.
    """

    def __init__(self, vectors, alive=None, zeros=(), size=5):
        super().__init__(vectors, alive)
        self.size, self.whole = size, torch.cat(list(vectors))
        self.zeros = torch.tensor(sorted(zeros), dtype=torch.int64)
        self.count += len(self.zeros)
        taken = set(self.zeros.tolist())
        free = (i for i in range(len(self.whole) + len(taken)) if i not in taken)
        self.names = torch.tensor([next(free) for _ in range(len(self.whole))], dtype=torch.int64)

    def blocks(self):
        ends = [end for _, end in self.ranges]
        for start in range(0, max(1, len(self.whole)), self.size):
            block = self.whole[start : start + self.size].clone()
            stop = start + len(block)
            inside = [end - start for end in ends if start < end <= stop or (end == 0 and start == 0)]
            yield start, block, inside
            block.fill_(torch.nan)  # to look at, and forget

    def flat(self, places):
        return self.names[places]


@lru_cache(maxsize=1)
def order_of(candidates):
    """All candidates in the order of removal: (score, flat index, place or None)."""
    whole = candidates.at(torch.arange(candidates.ranges[-1][1]))
    alive = candidates.alive if candidates.alive is not None else torch.ones(len(whole), dtype=torch.bool)
    places = alive.nonzero().view(-1)
    flat = candidates.flat(places).tolist()
    entries = [(float(whole[p]), f, p) for p, f in zip(places.tolist(), flat, strict=True)]
    entries += [(0.0, f, None) for f in candidates.zeros.tolist()]
    return sorted(entries, key=lambda entry: (entry[0], -entry[1]))


def check(candidates, k, limit=inf, hint=inf, low=-inf):
    """Compare with a full sort, in every field."""
    order, found = order_of(candidates), lowest(candidates, k, limit, (low, hint))
    count = k
    if limit < inf:
        count = min(k, sum(total <= limit for total in accumulate(score for score, _, _ in order)))
    gone, stays = order[:count], order[count:]
    assert found.count == count
    assert found.places.tolist() == sorted(p for _, _, p in gone if p is not None)
    assert found.zeros.tolist() == sorted(f for _, f, p in gone if p is None)
    assert found.largest == (gone[-1][0] if gone else None)
    assert found.next_score == (stays[0][0] if stays else None)
    assert found.total == pytest.approx(sum(score for score, _, _ in gone), rel=1e-12)
    whole = candidates.at(torch.arange(candidates.ranges[-1][1]))
    sums = [float(whole[a:b].sum()) for a, b in candidates.ranges]
    assert found.sums == pytest.approx(sums, rel=1e-12)
    return found


def vectors(rows):
    return [torch.tensor(row, dtype=torch.float64) for row in rows]


values = st.sampled_from([0.0, 0.0, 5e-324, 1e-310, 0.5, 1.0, -1.0, 2.0, 1e300]) | st.floats(-2, 2)
rows_of = st.lists(st.lists(values, max_size=12), min_size=1, max_size=4)


@given(rows_of, st.data())
def test_equals_a_stable_sort(rows, data):
    scores = vectors(rows)
    alive = torch.tensor([data.draw(st.booleans()) for row in rows for _ in row], dtype=torch.bool)
    for candidates in (Vectors(scores), Vectors(scores, alive), Pieces(scores, alive)):
        k = data.draw(st.integers(0, candidates.count))
        hint = data.draw(st.sampled_from([inf, -inf, -1.0, 0.0, 0.5, 1e-310, 3.0]))
        check(candidates, k, hint=hint)


whole_rows = st.lists(st.lists(st.sampled_from([0, 0, 1, 1, 2, 3, 5, 50]), max_size=12), min_size=1, max_size=4)


@given(whole_rows, st.sets(st.integers(0, 40), max_size=9), st.data())
def test_zeros_without_a_place_and_limits(rows, zeros, data):
    scores = vectors(rows)
    alive = torch.tensor([data.draw(st.booleans()) for row in rows for _ in row], dtype=torch.bool)
    zeros = [i for i in zeros if i < len(alive) + len(zeros)]
    for candidates in (Pieces(scores, alive, zeros), Pieces(scores, None, zeros, size=100)):
        k = data.draw(st.integers(0, candidates.count))
        hint = data.draw(st.sampled_from([inf, -inf, -1.0, 0.0, 1.0, 4.0, 1e9]))
        limit = data.draw(st.sampled_from([inf, 0.0, 0.5, 1.0, 2.0, 7.0, 20.0, 1e6]))
        check(candidates, k, limit, hint)


KINDS = ["random", "ties", "zeros", "equal", "subnormal"]


def drawn(kind, sizes=(3000, 7, 0, 1500)):
    draws = torch.Generator().manual_seed(0)
    scores = [torch.rand(size, generator=draws, dtype=torch.float64) for size in sizes]
    change = {
        "random": lambda v: v,
        "ties": lambda v: (v * 5).floor(),
        "zeros": lambda v: v * (v > 0.7),
        "equal": torch.ones_like,
        "subnormal": lambda v: v * 1e-310,
    }
    scores = [change[kind](vector) for vector in scores]
    return scores, torch.rand(sum(sizes), generator=draws) > 0.4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.001, 0.05, 0.5, 0.999])
def test_the_sample_never_changes_the_result(kind, share, monkeypatch):
    scores, alive = drawn(kind)
    monkeypatch.setattr(selection, "_DIRECT", 100)
    for mask, sample in ((None, 40), (alive, 40), (alive, 4000)):
        monkeypatch.setattr(selection, "_SAMPLE", sample)
        for candidates in (Vectors(scores, mask), Pieces(scores, mask, zeros=range(50, 90), size=700)):
            check(candidates, max(1, int(share * candidates.count)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0, 1e-4, 0.01, 0.3, 0.999, 1.1])
def test_the_longest_prefix_of_limited_sum(kind, share, monkeypatch):
    scores, alive = drawn(kind, (3000, 7, 0, 4500))
    if kind == "random":  # sums in any order alike
        scores = [(vector * 2**20).round() for vector in scores]
    monkeypatch.setattr(selection, "_SORT", 1024)
    for direct, sample in ((10**6, 40), (100, 40), (100, 4000)):
        monkeypatch.setattr(selection, "_DIRECT", direct)
        monkeypatch.setattr(selection, "_SAMPLE", sample)
        candidates = Pieces(scores, alive, zeros=range(50, 90), size=700)
        total = sum(score for score, _, _ in order_of(candidates))
        limit = share * total * (1 if kind != "subnormal" else 1 + 1e-9)
        for k in (candidates.count, candidates.count // 2, 45, 10):
            check(candidates, k, limit)


@pytest.mark.parametrize("direct", [100, 10**6])
@pytest.mark.parametrize("kind", KINDS)
def test_a_hint_never_changes_the_result(kind, direct, monkeypatch):
    monkeypatch.setattr(selection, "_DIRECT", direct)
    scores, alive = drawn(kind, (300, 7, 0, 150))
    candidates = Pieces(scores, alive, zeros=range(50, 90), size=70)
    total = sum(score for score, _, _ in order_of(candidates))
    for hint in (0.0, 1e-311, 0.1, 0.5, 0.999, 1.0, 3.0, 1e9, inf):
        for k in (0, 1, 39, 40, 41, 100, candidates.count):
            for low in (-inf, 0.0, 0.3 * hint, 0.9 * hint):
                check(candidates, k, inf, hint, low)
        for low in (-inf, 0.0, 0.3 * hint, 0.9 * hint):
            check(candidates, candidates.count, (total // 3) or total / 3, hint, low)


@pytest.mark.parametrize("hint", [-1.0, -inf])
def test_a_hint_below_all_scores_changes_nothing_beside_a_pool_of_zeros(hint):
    candidates = Pieces(vectors([[0.0, 1.0]]), zeros=[0, 1])
    assert candidates.flat(torch.tensor([0, 1])).tolist() == [2, 3]
    assert check(candidates, 1, hint=hint).places.tolist() == [0]


def test_more_than_400000_entries_on_any_number_of_threads():
    scores = [torch.rand(150_000, generator=torch.Generator().manual_seed(i)).mul(1000).floor() for i in range(3)]
    threads = torch.get_num_threads()
    found = []
    for number in (1, 2):
        torch.set_num_threads(number)
        found.append(lowest(Vectors(scores), 123_456).places)
    torch.set_num_threads(threads)
    assert torch.equal(*found)
    flat = torch.cat(scores)
    reverse = flat.flip(0).sort(stable=True).indices[:123_456]
    assert torch.equal(found[0], (len(flat) - 1 - reverse).sort().values)
    ordered = flat.double().sort().values
    limit = float(ordered[:200_000].sum())
    limited = lowest(Vectors(scores), 450_000, limit)
    assert limited.count == int((ordered.cumsum(0) <= limit).sum())
    assert limited.total <= limit


def test_by_hand():
    scores = vectors([[3, 1, 0], [1, 0, 2]])
    found = lowest(Vectors(scores), 3)
    assert (found.places.tolist(), found.largest, found.next_score) == ([2, 3, 4], 1, 1)
    assert (found.total, found.sums) == (1, [4, 3])
    nothing = lowest(Vectors(scores), 0)
    assert (nothing.count, nothing.places.tolist(), nothing.largest, nothing.next_score) == (0, [], None, 0)
    assert lowest(Vectors(scores), 6).next_score is None
    assert lowest(Vectors(scores), 6, limit=2.5).places.tolist() == [1, 2, 3, 4]
    assert lowest(Vectors(scores), 6, limit=1.5).places.tolist() == [2, 3, 4]
    assert lowest(Vectors([]), 0).count == 0


def test_a_shielded_layer_may_hold_no_candidate():
    alive = torch.tensor([False, False, True, True])
    found = check(Vectors(vectors([[1, 2], [3, 4]]), alive), 1)
    assert found.places.tolist() == [2]


@pytest.mark.parametrize("hint", [1.0, inf])
@pytest.mark.parametrize("limit", [inf, 4.0])
def test_scores_that_are_no_numbers_show_in_the_sums(hint, limit):
    rows = vectors([[1, float("nan"), 3], [2, float("nan")]])
    for k in range(6):
        assert all(map(isnan, lowest(Vectors(rows), k, limit, (-inf, hint)).sums))


def test_too_many_are_refused():
    with pytest.raises(ValueError, match="only 1 scores can be removed, not 2"):
        lowest(Vectors([torch.tensor([1.0, 2.0])], torch.tensor([True, False])), 2)


@pytest.mark.parametrize("kind", ["few", "random", "equal"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.999, 1.0])
def test_prefixes_of_many_values(kind, share):
    """More values than are simply sorted, with ties at the ends of the halves."""
    draws = torch.Generator().manual_seed(0)
    values = {
        "few": torch.randint(1, 4, (30_000,), generator=draws).double(),
        "random": torch.rand(30_000, generator=draws).double(),
        "equal": torch.ones(30_000, dtype=torch.float64),
    }[kind]
    limit = share * float(values.sum()) + 0.25
    expected = int((values.sort().values.cumsum(0) <= limit).sum())
    assert abs(selection._fitting(values, limit) - expected) <= (kind == "random")


def test_a_probe_that_sees_only_large_values_counts_no_tie_twice():
    values = torch.zeros(30_000, dtype=torch.float64)
    seen = values[:: 30_000 // 1024]
    seen[:] = 1e6
    seen[:300] = 2
    seen[:100] = 1
    assert selection._fitting(values, 5860) == 30_000 - len(seen) + 300
