"""Agreement of masks."""

import pytest
import torch

import theoryprune as tp


def mask(**keep):
    return tp.Mask({name: torch.tensor(value, dtype=torch.bool) for name, value in keep.items()})


def test_by_hand():
    found = tp.compare_masks(mask(a=[1, 1, 1, 0], b=[0, 0]), mask(a=[1, 0, 0, 1], b=[1, 1]))
    assert (found.reference_kept, found.kept, found.hamming) == (3, 4, 5)
    assert found.overlap == pytest.approx(1 / 3)
    assert found.layer_l1 == pytest.approx((1 + 2) / 3)
    assert (found.reference_empty, found.empty) == (("b",), ())


def test_equal_masks():
    one = mask(a=[1, 0])
    assert tp.compare_masks(one, one) == tp.MaskComparison(1, 1, 1.0, 0, 0.0, (), ())


def test_masks_over_other_weights():
    with pytest.raises(ValueError, match="same weights"):
        tp.compare_masks(mask(a=[1]), mask(b=[1]))
