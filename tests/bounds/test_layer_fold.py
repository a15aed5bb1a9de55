"""The fold of a certificate: what is given, else the nearest rays; and that in which nothing stands for anything."""

import numpy as np
import pytest

from theoryprune.bounds.layer import as_layer
from theoryprune.bounds.layer_fold import fold_of, no_fold

LAYER = as_layer(np.ones((1, 3)), [[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]], [0, 2], np.ones((1, 2)))


def test_the_nearest_rays_by_default():
    assignment, multipliers = fold_of(LAYER, None, None)
    assert assignment.tolist() == [0, 0, 2]
    assert multipliers == pytest.approx([1.0, 2.0, 1.0])


def test_a_given_fold_is_taken_and_checked():
    assignment, multipliers = fold_of(LAYER, [0, 2, 2], [1.0, 0.5, 1.0])
    assert (assignment.tolist(), multipliers.tolist()) == ([0, 2, 2], [1.0, 0.5, 1.0])
    with pytest.raises(ValueError, match="given together"):
        fold_of(LAYER, [0, 2, 2], None)
    with pytest.raises(ValueError, match="negative"):
        fold_of(LAYER, [0, 2, 2], [1.0, -0.5, 1.0])


def test_no_fold():
    assignment, multipliers = no_fold(LAYER)
    assert assignment.tolist() == [-1, -1, -1]
    assert not multipliers.any()
