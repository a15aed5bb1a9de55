import functools
from dataclasses import replace

import numpy as np
import pytest

from tests.coresets.nets import model_graph
from theoryprune.coresets import (
    CONSTRUCTIONS,
    SEEDED,
    additive,
    fold,
    group_coreset,
    hidden_layer,
    is_fold,
    kernel_fit,
    lewis,
    lowner_peel,
    merge,
    mussay,
    norm,
    random,
    uniform,
)


def test_one_reading_is_the_construction_itself():
    layer = hidden_layer(model_graph("digits_mlp"), "fc1")
    found = group_coreset(layer, merge, 6)
    expected = merge(layer.incoming, layer.outgoing, 6)
    assert np.array_equal(found.kept, expected.kept)
    assert np.array_equal(found.readings[0].outgoing, expected.outgoing)


def test_each_reading_folds_by_its_own_rows():
    layer = hidden_layer(model_graph("dense_tiny"), "stem")
    found = group_coreset(layer, merge, 4)
    assert len(found.readings) == 3
    for part, (rows, columns) in zip(found.readings, layer.readings, strict=True):
        assert np.array_equal(part.kept, found.kept)
        assert np.array_equal(part.outgoing, fold(rows, columns, found.kept).outgoing)
    fitted = group_coreset(layer, kernel_fit, 4)
    assert all(part.fit is not None for part in fitted.readings)
    assert not np.array_equal(fitted.readings[0].outgoing, found.readings[0].outgoing)


@pytest.mark.parametrize("method", [merge, kernel_fit, norm, uniform, mussay])
def test_blocks_keep_equally_many_and_never_mix(method):
    layer = hidden_layer(model_graph("grouped_tiny"), "block1.conv1")
    found = group_coreset(layer, method, 8, seed=0)
    assert np.bincount(layer.blocks[found.kept]).tolist() == [2, 2, 2, 2]
    merging = found.readings[0].merging
    if merging is not None:
        served = merging.assignment >= 0
        assert np.array_equal(layer.blocks[merging.assignment[served]], layer.blocks[served])
        assert len(merging.residuals) == 8
        gone = np.setdiff1d(np.arange(16), found.kept)
        expected = layer.incoming[gone] - merging.multipliers[gone, None] * layer.incoming[merging.assignment[gone]]
        assert np.allclose(
            np.where(served[gone, None], merging.residuals, 0), np.where(served[gone, None], expected, 0)
        )


def test_where_nothing_merges_units_stay_as_they_were():
    layer = hidden_layer(model_graph("mobile_tiny"), "block1.expand")
    for method in (merge, kernel_fit):
        found = group_coreset(layer, method, 8).readings[0]
        assert np.array_equal(found.outgoing, layer.outgoing[:, found.kept])
        assert found.merging is None
    clipped = hidden_layer(model_graph("mobile_tiny"), "last")
    found = group_coreset(clipped, merge, 8).readings[0]
    assert set(found.merging.multipliers) <= {0.0, 1.0}
    assert np.array_equal(found.outgoing, fold(clipped.incoming, clipped.outgoing, found.kept, copies=True).outgoing)
    assert not is_fold(found, clipped.incoming, clipped.outgoing) or found.merging.residuals.size == 0


def test_options_go_to_those_who_take_them():
    layer = hidden_layer(model_graph("digits_mlp"), "fc1")
    assert group_coreset(layer, functools.partial(kernel_fit, blend=0.5), 6, seed=1).readings[0].fit.blend == 0.5
    draws = [group_coreset(layer, mussay, 6, seed=seed).kept.tolist() for seed in range(4)]
    assert len(set(map(tuple, draws))) > 1

    def mine(incoming, outgoing, budget, **options):
        assert options == {"slope": 0.0, "seed": 5}
        return merge(incoming, outgoing, budget)

    assert group_coreset(layer, mine, 6, seed=5).width == 6


@pytest.mark.parametrize("width", [0, 3, 6])
def test_widths_are_multiples_of_the_blocks(width):
    with pytest.raises(ValueError, match="multiple of its 4 blocks"):
        group_coreset(hidden_layer(model_graph("grouped_tiny"), "block1.conv1"), merge, width)


@pytest.mark.parametrize("name", list(CONSTRUCTIONS))
def test_behind_a_clipped_activation_every_fold_is_by_copies(name):
    """Also that which only a certificate refers to: other multiples would not bound the error."""
    layer = hidden_layer(model_graph("mobile_tiny"), "last")
    found = group_coreset(layer, CONSTRUCTIONS[name], 8, seed=0).readings[0]
    assert set(found.merging.multipliers) <= {0.0, 1.0}
    plain = CONSTRUCTIONS[name](layer.incoming, layer.outgoing, 8, **({"seed": 0} if name in SEEDED else {}))
    if plain.merging is None or plain.fit is not None:
        assert np.array_equal(found.outgoing, plain.outgoing)


def test_what_a_partial_has_settled_is_not_overwritten():
    layer = hidden_layer(model_graph("digits_mlp"), "fc1")
    settled = functools.partial(random, seed=5)
    assert np.array_equal(group_coreset(layer, settled, 6, seed=0).kept, group_coreset(layer, random, 6, seed=5).kept)
    assert not np.array_equal(group_coreset(layer, random, 6, seed=0).kept, group_coreset(layer, settled, 6).kept)


@pytest.mark.parametrize("method", [additive, mussay, lewis, lowner_peel])
def test_drawn_widths_are_exact(method):
    layer = hidden_layer(model_graph("digits_mlp"), "fc1")
    assert [group_coreset(layer, method, 12, seed=seed, mode="distinct").width for seed in range(5)] == [12] * 5


def test_a_method_that_keeps_too_few_is_refused_by_name():
    layer = hidden_layer(model_graph("digits_mlp"), "fc1")
    with pytest.raises(ValueError, match=r"'additive' keeps \d+ of the 12 units asked for in 'fc1'"):
        group_coreset(layer, additive, 12, seed=0)


@pytest.mark.parametrize("method", [additive, mussay, lewis, lowner_peel])
def test_units_without_effect_fill_what_cannot_be_drawn(method):
    layer = hidden_layer(model_graph("digits_mlp"), "fc1")
    rows, columns = layer.incoming.copy(), layer.outgoing.copy()
    rows[:4], columns[:, 4:8] = 0, 0
    dead = replace(layer, incoming=rows, outgoing=columns, readings=((rows, columns),))
    found = group_coreset(dead, method, 12, seed=0, mode="distinct").readings[0]
    assert len(found.kept) == 12
    assert set(found.kept) >= set(range(8, 16))
    assert not found.outgoing[:, found.kept < 8].any()
    assert len(found.sampling.counts) == len(found.sampling.weights) == 12
