import numpy as np
import pytest
from hypothesis import given

from tests.geometry.point_sets import AWKWARD, anisotropic, gaussian, heavy, point_sets
from theoryprune.geometry.rank import row_space, whiten


def misfit(points, space):
    """How far the two ways back and forth are from the points, relative to the largest entry."""
    scale = np.abs(points).max() or 1.0
    back = np.abs(space.white @ (space.to_points / scale) - points / scale).max()
    forth = np.abs((points / scale) @ (space.from_points * scale) - space.white).max(initial=0.0)
    return back, forth


@pytest.mark.parametrize("function", [row_space, whiten])
@pytest.mark.parametrize("name", AWKWARD)
def test_points_are_their_coordinates_in_a_basis_of_their_span(function, name):
    points = np.asarray(AWKWARD[name], dtype=np.float64)
    space = function(points)
    assert misfit(points, space)[0] <= 1e-14 * max(points.shape)
    assert space.white.T @ space.white == pytest.approx(np.eye(space.rank), abs=1e-5)
    assert space.to_points @ space.from_points == pytest.approx(np.eye(space.rank), abs=1e-7)


@given(point_sets())
def test_both_ways_of_whitening_agree_on_everything_invariant(points):
    one, other = row_space(points), whiten(points)
    assert one.rank == other.rank
    # The projection to the column space does not depend on coordinates; an anisotropy of 1e8 leaves 8 digits.
    assert one.white @ one.white.T == pytest.approx(other.white @ np.linalg.pinv(other.white), abs=1e-7)


@pytest.mark.parametrize(
    ("points", "rank"),
    [
        (np.zeros((4, 3)), 0),
        (gaussian(3, 7), 3),
        (gaussian(50, 2) @ gaussian(2, 6, seed=1), 2),
        (anisotropic(50, 5, 8.0), 5),
        (np.diag([1.0, 1e-12, 1e-17]), 2),
    ],
)
def test_the_rank(points, rank):
    assert row_space(points).rank == whiten(points).rank == rank


def test_a_coarser_tolerance_drops_directions_and_reports_what_they_held():
    points = gaussian(60, 3) * [1.0, 1e-3, 1e-6]
    for function in (row_space, whiten):
        space = function(points, rank_tol=1e-4)
        assert space.rank == 2
        assert space.residual == pytest.approx(np.linalg.norm(points - space.white @ space.to_points), rel=1e-6)


def test_the_basis_of_the_singular_value_decomposition_is_orthogonal_and_sorted():
    gram = (lambda b: b @ b.T)(row_space(heavy(90, 6)).to_points)
    assert gram == pytest.approx(np.diag(np.diag(gram)), abs=1e-13 * gram[0, 0])
    assert (np.diff(np.diag(gram)) < 0).all()


def test_the_points_are_not_written_to():
    points = gaussian(30, 3)
    before = points.copy()
    row_space(points), whiten(points)
    assert (points == before).all()
