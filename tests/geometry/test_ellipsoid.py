import numpy as np
import pytest

from tests.geometry.point_sets import gaussian, heavy
from theoryprune.geometry.lowner import lowner


def test_the_matrix_and_the_transform_are_one_ellipsoid():
    result = lowner(heavy(50, 4))
    assert result.matrix == pytest.approx(result.transform @ result.transform.T)
    assert result.matrix is result.matrix


@pytest.mark.parametrize(("symmetric", "ratio"), [(True, np.sqrt(4)), (False, 4)])
def test_the_ratio_at_the_optimum(symmetric, ratio):
    assert lowner(gaussian(60, 4), 1e-9, symmetric=symmetric).ratio == pytest.approx(ratio, rel=1e-8)


def test_the_support_holds_the_weight():
    result = lowner(gaussian(60, 4))
    assert result.weights[result.support].sum() == pytest.approx(1)
    assert (result.weights[result.support] > 0).all()


def test_its_text_is_one_line():
    text = repr(lowner(gaussian(60, 4)))
    assert "60 points of rank 4" in text
    assert "converged" in text
    assert "\n" not in text


def test_it_is_frozen():
    with pytest.raises(AttributeError):
        lowner([[1.0]]).certificate = 0.0


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("make", [gaussian, heavy])
def test_shrunk_by_the_ratio_it_lies_in_the_hull(make, symmetric):
    """Support functions on random directions and the axes: ellipsoid over ratio <= hull <= ellipsoid."""
    points = make(512, 16) + (0 if symmetric else 3.0)
    result = lowner(points, symmetric=symmetric)
    axes = np.linalg.eigh(result.matrix)[1]
    directions = np.concatenate([axes.T, -axes.T, gaussian(20_000, 16, seed=1)])
    spread = np.sqrt(np.einsum("ij,ij->i", directions @ np.linalg.inv(result.matrix), directions))
    heights = (points - result.center) @ directions.T
    hull = np.abs(heights).max(axis=0) if symmetric else heights.max(axis=0)
    assert (hull <= spread * (1 + 1e-9)).all()
    assert (hull >= spread / result.ratio * (1 - 1e-9)).all()
