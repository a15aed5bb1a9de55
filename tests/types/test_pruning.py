"""The result of a run as a noun."""

import torch
from torch import nn

import theoryprune as tp

MODEL = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2, bias=False))
GRAPH = tp.extract(MODEL, (4,))


def test_all_masks_on_the_way_follow_from_the_iteration_of_removal():
    removed_at = {"a": torch.tensor([0, 1, 2, 2], dtype=torch.int32)}
    pruning = tp.Pruning(tp.Mask({"a": torch.tensor([True, False, False, False])}), (), removed_at, "m", "s", "global")
    assert [pruning.mask_after(i).kept for i in range(3)] == [4, 3, 1]
    assert pruning.density == 0.25


def test_an_iteration_that_the_integers_kept_cannot_hold():
    removed_at = {"a": torch.tensor([0, 1], dtype=torch.int16)}
    pruning = tp.Pruning(tp.Mask({"a": torch.tensor([True, False])}), (), removed_at, "m", "s", "global")
    assert [pruning.mask_after(i).kept for i in (32_767, 32_768, 100_000)] == [1, 1, 1]


def test_the_flow_after_a_step_is_that_of_the_next_row():
    pruning = tp.prune(GRAPH, tp.synflow, 0.3, tp.exponential(3))
    for row in pruning.trace:
        scores = tp.synflow(tp.apply_mask(GRAPH, pruning.mask_after(row.iteration - 1)))
        assert (row.flow, row.exponent) == (scores.total, scores.exponent)
    left = tp.synflow(tp.apply_mask(GRAPH, pruning.mask))
    assert (pruning.final_flow, pruning.final_exponent) == (left.total, left.exponent)
    magnitude = tp.prune(GRAPH, tp.magnitude, 0.5)
    assert (magnitude.trace[0].flow, magnitude.final_flow, magnitude.certificate) == (None, None, None)
