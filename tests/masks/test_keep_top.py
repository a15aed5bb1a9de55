"""One step from scores to a mask."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import theoryprune as tp


def scores_of(**values):
    return tp.Scores({name: torch.as_tensor(value, dtype=torch.float64) for name, value in values.items()})


def test_trap_001_all_equal_scores_keep_the_lowest_flat_indices():
    mask = tp.keep_top(scores_of(a=[[1, 1], [1, 1]], b=[1] * 6), density=0.5)
    assert mask.keep["a"].tolist() == [[True, True], [True, True]]
    assert mask.keep["b"].tolist() == [True] + [False] * 5


@pytest.mark.parametrize("ties", [False, True])
def test_trap_002_trap_003_trap_004_the_count_is_exact_for_every_k(ties):
    draws = torch.rand(60, generator=torch.Generator().manual_seed(0))
    scores = scores_of(a=(draws * 4).floor() if ties else draws)
    for kept in range(1, 61):
        assert tp.keep_top(scores, density=kept / 60).kept == kept


def test_trap_005_the_count_asked_for_is_the_count_reached():
    scores = scores_of(a=torch.zeros(999), b=torch.ones(1))
    mask = tp.keep_top(scores, density=0.25)
    assert (mask.kept, mask.density) == (250, 0.25)
    assert bool(mask.keep["b"].all())


def test_layer_scope_counts_each_layer():
    scores = scores_of(a=torch.arange(10), b=torch.arange(100, 200))
    mask = tp.keep_top(scores, density=0.3, scope="layer")
    assert [int(keep.sum()) for keep in mask.keep.values()] == [3, 30]
    assert bool(mask.keep["a"][-3:].all())


def test_protected_layers_do_not_count():
    scores = scores_of(**{"head.weight": torch.zeros(10), "body.weight": torch.arange(10)})
    mask = tp.keep_top(scores, density=0.5, protect=["head"])
    assert list(mask.keep) == ["body.weight"]
    assert (mask.kept, mask.total) == (5, 10)
    with pytest.raises(tp.BudgetError, match="every prunable weight is protected"):
        tp.keep_top(scores, density=0.5, protect="*")
    with pytest.raises(tp.BudgetError, match="no linear or convolution weight"):
        tp.keep_top(tp.Scores({}), density=0.5)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40), st.floats(1e-3, 1), st.floats(1e-3, 1))
def test_masks_of_one_score_are_nested(values, first, second):
    scores = scores_of(a=values)
    small, large = (tp.keep_top(scores, density) for density in sorted((first, second)))
    assert (small & large).sha256 == small.sha256


def test_negative_scores_are_ranked_as_they_are():
    assert tp.keep_top(scores_of(a=[-3.0, -1.0, -2.0]), density=0.3).keep["a"].tolist() == [False, True, False]


def test_the_scores_are_not_written():
    scores = scores_of(a=[3.0, 1.0, 2.0])
    tp.keep_top(scores, density=0.4)
    assert scores.values["a"].tolist() == [3, 1, 2]


def test_arguments():
    scores = scores_of(a=[1.0, 2.0])
    with pytest.raises(ValueError, match="scope must be 'global' or 'layer', got 'channel'"):
        tp.keep_top(scores, 0.5, scope="channel")
    with pytest.raises(ValueError, match="'a' has 1 that are NaN"):
        tp.keep_top(scores_of(a=[1.0, torch.nan]), 0.5)
    with pytest.raises(TypeError, match="scores must be Scores, got function"):
        tp.keep_top(tp.synflow, 0.5)
    with pytest.raises(ValueError, match=r"did you mean 0\.95"):
        tp.keep_top(scores, 95)
