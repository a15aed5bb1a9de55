"""Selection by norms: the largest stay, with or without folding."""

import numpy as np
import pytest

from tests.coresets.layer_kinds import KINDS, layer
from theoryprune.coresets import is_fold, norm, norm_merge, norm_v, norm_v_merge


def lengths(rows, columns):
    return np.linalg.norm(rows, axis=1)


def products(rows, columns):
    return np.linalg.norm(rows, axis=1) * np.linalg.norm(columns, axis=0)


METHODS = [
    pytest.param(norm, norm_merge, lengths, id="norm"),
    pytest.param(norm_v, norm_v_merge, products, id="norm_v"),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("p", [1, 10])
@pytest.mark.parametrize(("select", "merge", "score"), METHODS, ids=["norm", "norm_v"])
def test_the_largest_stay(select, merge, score, kind, p):
    rows, columns = layer(kind, p=p)
    scores = score(rows, columns)
    for m in (1, 12, 23):
        result, merged = select(rows, columns, m), merge(rows, columns, m)
        assert scores[result.kept].min() >= scores[result.pruned].max() * (1 - 1e-12)
        assert np.array_equal(result.outgoing, columns[:, result.kept])
        assert np.array_equal(result.kept, merged.kept)
        assert is_fold(merged, rows, columns)
        assert result.deterministic
        assert merged.deterministic


@pytest.mark.parametrize("select", [norm, norm_v])
def test_ties_keep_the_lower_index(select):
    assert select(np.eye(4), np.ones((1, 4)), 2).kept.tolist() == [0, 1]


@pytest.mark.parametrize("scale", [1e-150, 1e150])
@pytest.mark.parametrize("select", [norm, norm_v])
def test_any_magnitude(select, scale):
    rows, columns = layer("gauss")
    assert np.array_equal(select(rows * scale, columns, 5).kept, select(rows, columns, 5).kept)


@pytest.mark.parametrize("select", [norm_v, norm_v_merge])
def test_products_beyond_float64_are_refused_unless_all_stay(select):
    rows, columns = np.full((3, 1), 1e200), np.full((1, 3), 1e200)
    with pytest.raises(ValueError, match="more than float64 holds"):
        select(rows, columns, 2)
    assert select(rows, columns, 3).kept.tolist() == [0, 1, 2]
