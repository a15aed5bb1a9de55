"""The choice of units by name."""

import numpy as np
import pytest

from tests.coresets.layer_kinds import KINDS, layer
from theoryprune.coresets import facility_location
from theoryprune.coresets.arguments import as_layer
from theoryprune.coresets.selection import chosen_units
from theoryprune.geometry import arc_cosine_gram, pivoted_cholesky_targets


def test_pivoting_is_that_of_geometry_on_divided_features():
    rows, columns = layer("gauss")
    sizes = np.linalg.norm(rows, axis=1)
    gram = arc_cosine_gram(rows / sizes[:, None])
    expected = pivoted_cholesky_targets(gram, columns * sizes, 9).order
    assert np.array_equal(chosen_units(as_layer(rows, columns, 9, 0.0), "pivchol"), np.sort(expected))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("select", ["facility", "pivchol"])
def test_as_many_as_the_budget_whatever_the_rank(kind, select):
    rows, columns = layer(kind)
    for m in (1, 12, 23, 24):
        kept = chosen_units(as_layer(rows, columns, m, 1.0), select)
        assert len(np.unique(kept)) == m
        assert (np.diff(kept) > 0).all()


def test_what_pivoting_leaves_open_is_filled_by_facility_location():
    rows = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [5.0, 0.0]])
    columns = np.ones((1, 4))
    kept = chosen_units(as_layer(rows, columns, 3, 0.0), "pivchol")
    order = facility_location(rows, columns).order
    assert 2 in kept
    assert set(kept) & set(order[:2].tolist())


def test_the_name_is_checked_at_full_budget_too():
    with pytest.raises(ValueError, match="select must be one of"):
        chosen_units(as_layer([[1.0]], [[1.0]], 1, 0.0), "first")
