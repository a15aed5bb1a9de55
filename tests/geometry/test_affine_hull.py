import numpy as np
import pytest
from hypothesis import given

from tests.geometry.point_sets import AWKWARD, gaussian, point_sets
from theoryprune.geometry.affine_hull import affine_hull


@pytest.mark.parametrize("name", AWKWARD)
def test_points_are_their_coordinates_about_the_mean(name):
    points = np.asarray(AWKWARD[name], dtype=np.float64)
    origin, space = affine_hull(points)
    scale = np.abs(points).max()
    assert (origin + space.white @ space.to_points) / scale == pytest.approx(points / scale, abs=1e-13)
    assert space.white.T @ space.white == pytest.approx(np.eye(space.rank), abs=1e-5)
    assert space.white.sum(axis=0) == pytest.approx(np.zeros(space.rank), abs=1e-5)


@given(point_sets())
def test_equal_points_have_no_rank_and_distinct_ones_have(points):
    assert (affine_hull(points)[1].rank == 0) == (points == points[0]).all()


def test_a_shift_changes_neither_rank_nor_coordinates():
    points = gaussian(30, 3)
    one, other = affine_hull(points)[1], affine_hull(points + 2.0**20)[1]
    assert one.white @ one.white.T == pytest.approx(other.white @ other.white.T, abs=1e-8)


def test_a_plane_beside_the_origin_is_a_plane():
    points = gaussian(50, 3)
    points[:, 2] = 1 - points[:, 0] - points[:, 1]
    assert affine_hull(points)[1].rank == 2


def test_equal_points_are_their_own_origin():
    points = np.full((7, 2), 0.1)
    origin, space = affine_hull(points)
    assert (origin == 0.1).all()
    assert space.rank == 0
