"""Masks as nouns."""

import pytest
import torch

import theoryprune as tp


def mask(*rows):
    return tp.Mask({f"layer{i}": torch.tensor(row) for i, row in enumerate(rows)})


def test_a_mask_counts_its_weights():
    m = mask([True, False, False], [False, False])
    assert (m.kept, m.total, m.density) == (1, 5, 0.2)
    assert m.layer_densities == {"layer0": 1 / 3, "layer1": 0.0}
    assert m.empty_layers == ("layer1",)


def test_only_bool_tensors_make_a_mask():
    with pytest.raises(TypeError, match=r"'a' must be a bool tensor, got torch\.float32"):
        tp.Mask({"a": torch.ones(2)})
    with pytest.raises(TypeError, match="got list"):
        tp.Mask({"a": [True]})


def test_trap_022_masks_combine_by_and():
    both = mask([True, True, False]) & mask([True, False, True])
    assert both.keep["layer0"].tolist() == [True, False, False]
    with pytest.raises(ValueError, match="same weights"):
        mask([True]) & tp.Mask({"other": torch.tensor([True])})


def test_the_hash_of_a_mask_tells_bits_and_not_memory():
    first = mask([[True, False], [False, True], [True, True]])
    turned = tp.Mask({"layer0": first.keep["layer0"].t().contiguous().t()})
    assert first.sha256 == turned.sha256
    assert first.sha256 != mask([[True, True], [False, True], [True, True]]).sha256


def test_a_mask_of_nothing_is_refused():
    with pytest.raises(ValueError, match="keep must name at least one weight"):
        tp.Mask({})
