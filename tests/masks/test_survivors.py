"""Who is left, through removals and changes of the evaluator's order."""

from itertools import accumulate

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.maps import map_graph
from theoryprune.graph import moved
from theoryprune.graph.flow_evaluator import FlowEvaluator
from theoryprune.graph.moved import Moved
from theoryprune.masks import survivors
from theoryprune.masks.survivors import Removals, Survivors

SHAPES = {"a": (2, 3), "b": (4,), "c": (1, 5)}


class Fake:
    """An evaluator with fixed scores that drops places on request."""

    def __init__(self, shapes=SHAPES):
        self.sizes = {name: torch.Size(shape).numel() for name, shape in shapes.items()}
        self.first = torch.arange(sum(self.sizes.values()))
        self.gone = torch.zeros(len(self.first), dtype=torch.bool)
        self.values = torch.arange(1.0, len(self.first) + 1)
        self.next = None

    @property
    def spans(self):
        spans, start = {}, 0
        for name, size in self.sizes.items():
            spans[name] = (start, start + size)
            start += size
        return spans

    def remove(self, places):
        self.gone[self.first[places]] = True

    def shrink(self):
        """Move rows of some entries to where `next` says: {name: (old row of each row, entries in a row)}."""
        if self.next is None:
            return None
        steps = dict.fromkeys(self.sizes, Moved.nowhere(torch.device("cpu")))
        first, spans = [], self.spans
        for name, (rows, width) in self.next.items():
            old = self.first[slice(*spans[name])].view(-1, width)
            first.append(old[rows].view(-1))
            steps[name] = Moved(rows, torch.zeros(1, 1, dtype=torch.int64), (len(old), 1, 1), width)
        sizes = {name: len(step) * step.width for name, step in steps.items()}
        self.first, self.sizes, self.next = torch.cat(first), sizes, None
        return steps

    def all(self):
        return torch.where(self.gone, 0.0, self.values)[self.first]

    def blocks(self, names):
        for name in names:
            start, end = self.spans[name]
            yield start, self.all()[start:end], [end - start]

    def at(self, places):
        return self.all()[places]


def start(free=tuple(SHAPES)):
    evaluator = Fake()
    weights = {name: torch.zeros(shape) for name, shape in SHAPES.items()}
    return evaluator, Survivors(weights, free, evaluator)


def remove(left, places, zeros, step):
    left.marks[places] = True
    left.remove(zeros, step)
    assert not bool(left.marks.any())


def indices(*entries):
    return torch.tensor(entries, dtype=torch.int64)


def test_counts_marks_and_mask():
    _, left = start()
    assert left.counts == {"a": 6, "b": 4, "c": 5}
    remove(left, indices(0, 5, 9), indices(), 1)
    remove(left, indices(1, 10), indices(), 2)
    assert left.counts == {"a": 3, "b": 3, "c": 4}
    assert {name: at.tolist() for name, at in left.removals.removed_at().items()} == {
        "a": [[1, 2, 0], [0, 0, 1]],
        "b": [0, 0, 0, 1],
        "c": [[2, 0, 0, 0, 0]],
    }
    assert all(at.dtype == torch.int16 for at in left.removals.removed_at().values())
    assert {name: keep.tolist() for name, keep in left.removals.keep().items()} == {
        name: (at == 0).tolist() for name, at in left.removals.removed_at().items()
    }
    assert left.alive.nonzero().view(-1).tolist() == [2, 3, 4, 6, 7, 8, 11, 12, 13, 14]


def test_protected_layers_are_no_candidates():
    _, left = start(free=("a", "c"))
    assert list(left.removals.removed_at()) == list(left.removals.keep()) == list(left.counts) == ["a", "c"]
    part = left.part(["a", "c"])
    assert (part.count, part.ranges) == (11, [(0, 6), (10, 15)])
    assert not bool(left.alive[6:10].any())
    remove(left, indices(0, 10), indices(), 1)
    assert left.counts == {"a": 5, "c": 4}


def test_nothing_removed_changes_nothing():
    _, left = start()
    remove(left, indices(), indices(), 1)
    assert left.counts == {"a": 6, "b": 4, "c": 5}
    assert bool(left.alive.all())


def test_a_change_of_order_drops_survivors_into_the_zeros():
    evaluator, left = start()
    remove(left, indices(0), indices(), 1)
    # The first row of a is dropped, and all of b: 7 is removed in the same step, the others survive without a flow.
    evaluator.next = {"a": (indices(1, 2), 2), "c": (indices(0, 1, 2), 1)}
    remove(left, indices(4, 7, 13), indices(), 2)
    assert left.zeros.tolist() == [1, 6, 8, 9, 14]
    assert left.counts == {"a": 4, "b": 3, "c": 4}
    assert left.alive.tolist() == [True, True, False, True, True, True, True]
    assert left.flat(indices(0, 1, 3, 4, 6)).tolist() == [2, 3, 5, 10, 12]
    assert left.zeros_of(["a"]).tolist() == [1]
    assert left.zeros_of(["b"]).tolist() == [6, 8, 9]
    assert left.zeros_of(["c"]).tolist() == [14]
    assert left.zeros_of(["a", "c"]).tolist() == [1, 14]
    assert left.zeros_of(["a", "b", "c"]).tolist() == [1, 6, 8, 9, 14]
    part = left.part(["b", "c"])
    assert (part.count, part.ranges, part.zeros.tolist()) == (7, [(4, 4), (4, 7)], [6, 8, 9, 14])

    remove(left, indices(0, 5), indices(6, 14), 3)
    assert left.counts == {"a": 3, "b": 2, "c": 2}
    assert left.zeros.tolist() == [1, 8, 9]
    evaluator.next = {"a": (indices(1), 2), "c": (indices(2), 1)}
    remove(left, indices(4), indices(9), 4)
    assert left.counts == {"a": 3, "b": 1, "c": 1}
    assert left.zeros.tolist() == [1, 3, 8]
    assert left.flat(indices(1, 2)).tolist() == [5, 12]
    remove(left, indices(2), indices(8), 5)
    marks = torch.cat([at.view(-1) for at in left.removals.removed_at().values()]).tolist()
    assert marks == [1, 0, 3, 0, 2, 0, 3, 2, 5, 4, 4, 3, 5, 2, 3]


def test_a_weight_of_long_rows_moves_and_then_vanishes():
    """Its survivors must be found among its rows as they were, whatever the length of no rows at all."""
    for gone in ({}, {"a": (indices(), 1)}):
        evaluator, left = start()
        evaluator.next = {"a": (indices(1, 2), 2), "b": (indices(0, 1, 2, 3), 1), "c": (indices(0), 5)}
        remove(left, indices(2), indices(), 1)
        assert left.zeros.tolist() == [0, 1]
        evaluator.next = gone | {"b": (indices(0, 1, 2, 3), 1), "c": (indices(0), 5)}
        remove(left, indices(4), indices(1), 2)
        assert left.zeros.tolist() == [0, 3, 4, 5]
        assert left.flat(indices(1, 4)).tolist() == [7, 10]


def test_a_protected_layer_that_is_dropped_leaves_no_zeros():
    evaluator, left = start(free=("a", "c"))
    evaluator.next = {"a": (indices(0), 2), "c": (indices(0), 1)}
    remove(left, indices(2, 11), indices(), 1)
    assert left.zeros.tolist() == [3, 4, 5, 12, 13, 14]
    assert left.counts == {"a": 5, "c": 4}


@pytest.mark.parametrize("seed", range(12))
def test_an_evaluator_that_shrinks_at_every_step(seed, monkeypatch):
    """Random removals; the survivors' scores by flat index are those of an evaluation that never shrinks."""
    if seed % 2:  # else all in one piece
        monkeypatch.setattr(survivors, "_PIECE", 13)
        monkeypatch.setattr(moved, "_PIECE", 5)
    graph = map_graph(seed, blocks=3, dims=2, low=5, high=9, kinds=("plain", "conv", "residual", "concat", "max"))
    small, full = FlowEvaluator(graph, shrink_above=0), FlowEvaluator(graph)
    left = Survivors(graph.weights, graph.order, small)
    draw, total = torch.Generator().manual_seed(seed), graph.num_weights
    for step in range(1, 8):
        small._shrink_at = total  # now
        places = left.alive.nonzero().view(-1)
        places = places[torch.rand(len(places), generator=draw) < 0.35]
        zeros = left.zeros[torch.rand(len(left.zeros), generator=draw) < 0.3]
        full.remove(torch.cat([left.flat(places), zeros]))
        remove(left, places, zeros, step)
        expected = full.scores("synflow")
        values = torch.cat([expected.values[name].view(-1) for name in graph.order])
        keep = torch.cat([mask.view(-1) for mask in left.removals.keep().values()])
        alive = left.alive.nonzero().view(-1)
        known = torch.cat([left.flat(alive), left.zeros])
        assert torch.equal(known.sort().values, keep.nonzero().view(-1))
        assert left.counts == {name: int(mask.sum()) for name, mask in left.removals.keep().items()}
        assert not bool(values[left.zeros].any())
        small.evaluate()
        if expected.total == 0:
            break
        torch.testing.assert_close(small.at(alive), values[left.flat(alive)], rtol=0, atol=1e-12)


class TwoHeads(nn.Module):
    """A flattened map that a sum reads too, as long as the second head lives."""

    def __init__(self):
        super().__init__()
        self.conv, self.first = nn.Conv2d(1, 4, 3), nn.Linear(16, 3)
        self.inner, self.second = nn.Linear(16, 16), nn.Linear(16, 3)

    def forward(self, x):
        flat = torch.flatten(self.conv(x), 1)
        return self.first(flat) + self.second(flat + self.inner(flat))


def test_features_that_moved_one_by_one_move_channel_by_channel_later():
    torch.manual_seed(0)
    graph = tp.extract(TwoHeads().double(), (1, 4, 4))
    small, full = FlowEvaluator(graph, shrink_above=0), FlowEvaluator(graph)
    left = Survivors(graph.weights, graph.order, small)
    starts = dict(zip(graph.order, accumulate(w.numel() for w in graph.weights.values()), strict=True))
    second = range(starts["inner.weight"], starts["second.weight"])
    for step, gone in enumerate((range(9, 18), second, range(18, 27), range(27, 30)), 1):
        small._shrink_at = graph.num_weights  # now
        flat = torch.tensor(gone)
        alive = left.alive.nonzero().view(-1)
        remove(left, alive[torch.isin(left.flat(alive), flat)], left.zeros[torch.isin(left.zeros, flat)], step)
        full.remove(flat)
        values = torch.cat([values.view(-1) for values in full.scores("synflow").values.values()])
        small.evaluate()
        alive = left.alive.nonzero().view(-1)
        torch.testing.assert_close(small.at(alive), values[left.flat(alive)], rtol=0, atol=1e-12)
    assert len(left.alive) == 9 + 3 * 4 + 9 + 12


def test_more_iterations_than_fit_eight_and_sixteen_bits():
    _, left = start()
    remove(left, indices(1), indices(), 255)
    remove(left, indices(2), indices(), 256)
    assert left.removals.removed_at()["a"].dtype == torch.int16
    remove(left, indices(3), indices(), 2**15 - 1)
    remove(left, indices(4), indices(), 2**15)
    remove(left, indices(5), indices(), 100_000)
    assert left.removals.removed_at()["a"].view(-1).tolist() == [0, 255, 256, 2**15 - 1, 2**15, 100_000]


def test_the_tops_are_shielded_for_a_while():
    evaluator, left = start()
    evaluator.values[:6] = torch.tensor([1.0, 4, 2, 4, 0, 0])
    evaluator.values[6:10] = 0
    part = left.part(["a", "b", "c"])
    with part.shielded():
        assert part.count == 13  # b carries no flow
        assert left.alive.logical_not().nonzero().view(-1).tolist() == [1, 14]
    assert part.count == 15
    assert bool(left.alive.all())
    error = KeyError("x")
    with pytest.raises(KeyError), part.shielded():
        raise error
    assert bool(left.alive.all())
    remove(left, indices(1), indices(), 1)
    part = left.part(["a"])
    with part.shielded():
        assert left.alive.logical_not().nonzero().view(-1).tolist() == [1, 3]


def test_a_layer_that_is_gone_has_no_top():
    evaluator, left = start()
    evaluator.next = {"a": (indices(0, 1), 3), "c": (indices(0), 5)}
    remove(left, indices(0), indices(), 1)
    part = left.part(["a", "b", "c"])
    with part.shielded():
        assert left.alive.logical_not().nonzero().view(-1).tolist() == [0, 5, 10]
        assert part.count == 12


def test_a_part_reads_the_evaluator():
    evaluator, left = start()
    part = left.part(["b"])
    assert [(first, block.tolist(), ends) for first, block, ends in part.blocks()] == [(6, [7, 8, 9, 10], [4])]
    assert part.at(indices(6, 9)).tolist() == [7, 10]
    assert part.flat(indices(6, 9)).tolist() == [6, 9]
    assert evaluator.spans["b"] == (6, 10)


def test_removals():
    removals = Removals({"a": (0, 3), "b": (3, 5)}, {"b": torch.Size((1, 2))}, torch.device("cpu"))
    removals.note(indices(4), 7)
    removals.note(indices(3), 2**15 - 1)
    assert removals.removed_at()["b"].dtype == torch.int16
    removals.note(indices(3), 40_000)
    assert removals.removed_at()["b"].tolist() == [[40_000, 7]]
    assert list(removals.keep()) == ["b"]
    assert not bool(removals.keep()["b"].any())
