"""Selection by `norm`: the largest stay, with or without folding."""

import numpy as np
import pytest

from tests.coresets.layer_kinds import KINDS, layer
from theoryprune.coresets import is_fold, norm, norm_merge


def score(rows, columns):
    return np.linalg.norm(rows, axis=1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("p", [1, 10])
def test_the_largest_stay(kind, p):
    rows, columns = layer(kind, p=p)
    for m in (1, 12, 23):
        result, merged = norm(rows, columns, m), norm_merge(rows, columns, m)
        scores = score(rows, columns)
        assert scores[result.kept].min() >= scores[result.pruned].max() * (1 - 1e-12)
        assert np.array_equal(result.outgoing, columns[:, result.kept])
        assert np.array_equal(result.kept, merged.kept)
        assert is_fold(merged, rows, columns)
        assert result.deterministic
        assert merged.deterministic


def test_ties_keep_the_lower_index():
    assert norm(np.eye(4), np.ones((1, 4)), 2).kept.tolist() == [0, 1]


@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_any_magnitude(scale):
    rows, columns = layer("gauss")
    assert np.array_equal(norm(rows * scale, columns, 5).kept, norm(rows, columns, 5).kept)
