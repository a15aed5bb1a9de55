"""Peeling: the outer layers count most."""

import numpy as np
import pytest

from tests.coresets.layer_kinds import KINDS, layer
from theoryprune.coresets import is_selection, lowner_peel, peel_top
from theoryprune.geometry import peeling


def test_chances_follow_the_layers():
    rows, columns = layer("gauss", n=40, d=3)
    scores = np.abs(columns).max(axis=0) / peeling(rows, 0.05).layers
    result = lowner_peel(rows, columns, 12, seed=0, mode="iid")
    chances = result.sampling.counts / (12 * result.sampling.weights)
    assert chances == pytest.approx((scores / scores.sum())[result.kept])
    assert result.sampling.theorem == "none"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("peel", ["dopt", "vertices"])
def test_the_top_of_each_kind(kind, peel):
    rows, columns = layer(kind, n=20, d=4)
    result = peel_top(rows, columns, 8, peel=peel)
    assert is_selection(result, rows, columns)
    assert result.deterministic
    assert len(lowner_peel(rows, columns, 8, seed=0, peel=peel).kept) == 8


@pytest.mark.parametrize("peel", ["dopt", "vertices"])
def test_an_inner_point_comes_last(peel):
    rows = np.array([[1.0, 0.0], [0.0, 1.0], [0.1, 0.1], [-0.05, 0.1]])
    assert set(peel_top(rows, np.ones((1, 4)), 2, peel=peel).kept) == {0, 1}


def test_an_unknown_peel():
    with pytest.raises(ValueError, match="peel must be one of 'dopt', 'vertices'"):
        peel_top(*layer("gauss"), 5, peel="hull")
