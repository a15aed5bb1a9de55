"""The scores of Mussay et al."""

import numpy as np
import pytest

from tests.coresets.layer_kinds import layer
from theoryprune.coresets import mussay
from theoryprune.coresets.mussay import largest_outputs


def test_chances_follow_the_largest_output_weight_times_the_norm():
    rows, columns = layer("gauss", n=6, p=4)
    scores = np.abs(columns).max(axis=0) * np.linalg.norm(rows, axis=1)
    result = mussay(rows, columns, 4, seed=0, mode="iid")
    chances = result.sampling.counts / (result.sampling.draws * result.sampling.weights)
    assert chances == pytest.approx((scores / scores.sum())[result.kept])


def test_the_slope_cancels_and_no_theorem_is_claimed():
    rows, columns = layer("gauss")
    one, other = (mussay(rows, columns, 9, seed=0, slope=slope) for slope in (0.0, 0.5))
    assert np.array_equal(one.kept, other.kept)
    assert (one.sampling.theorem, one.sampling.error, one.sampling.delta_algorithm) == ("none", None, None)


def test_largest_outputs():
    assert largest_outputs(np.array([[1.0, -4.0], [2.0, 0.0]])).tolist() == [0.5, 1]
    assert largest_outputs(np.zeros((1, 2))).tolist() == [0, 0]
