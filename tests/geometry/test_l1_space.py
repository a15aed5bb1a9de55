"""Whitening row by row: orthonormal columns, the same span, and no row too short to count."""

import numpy as np
import pytest
from hypothesis import given

from tests.geometry.point_sets import AWKWARD, anisotropic, gaussian, point_sets
from theoryprune.geometry.l1_space import l1_space


@pytest.mark.parametrize("points", AWKWARD.values(), ids=AWKWARD)
def test_the_columns_are_orthonormal(points):
    space = l1_space(np.asarray(points, dtype=float))
    assert np.abs(space.white.T @ space.white - np.eye(space.rank)).max() < 1e-13
    assert np.abs(np.linalg.norm(space.units, axis=1) - 1).max() < 1e-14
    assert space.residual < 1e-13


@given(point_sets())
def test_the_l1_norm_bounds_the_euclidean_one(points):
    space = l1_space(points)
    y = np.random.default_rng(0).standard_normal((space.rank, 50))
    assert (np.linalg.norm(y, axis=0) <= np.abs(space.white @ y).sum(axis=0) * (1 + 1e-12)).all()


@pytest.mark.parametrize("name", ["in a plane", "tiny", "huge", "fewer points than dimensions", "one point"])
def test_directions_come_back(name):
    space = l1_space(AWKWARD[name])
    for y in np.eye(space.rank):
        back, expected = AWKWARD[name][space.rows] @ space.direction(y), space.white @ y
        assert np.allclose(back / np.abs(back).max(), expected / np.abs(expected).max(), atol=1e-13)


def test_lengths_over_300_decades_stay_within_float64():
    points = gaussian(8, 5) * 10.0 ** np.array([150, 90, 30, -30, -60, -90, -120, -150])[:, None]
    space = l1_space(points)
    assert np.isfinite(space.white).all()
    assert np.isfinite(space.direction(np.ones(5))).all()
    assert np.abs(space.white.T @ space.white - np.eye(5)).max() < 1e-13


def test_a_short_row_alone_in_its_direction_counts():
    space = l1_space(np.array([[1.0, 0.0], [0.0, 1e-200]]))
    assert space.rank == 2
    assert np.allclose(np.abs(space.white), np.eye(2), atol=0)


def test_short_rows_keep_their_digits():
    """Beside rows of length 1 that span everything, each of length 1e-30 has to be right to its own rounding."""
    points = gaussian(40, 3)
    points[20:] *= 1e-30
    space = l1_space(points)
    expected = points @ np.linalg.inv(np.linalg.qr(points[:20])[1])
    gram = expected @ expected.T
    assert np.allclose(space.white @ space.white.T / gram, 1, atol=1e-9)


def test_rows_that_leave_the_span_are_reported():
    points = np.outer(np.arange(1.0, 9), [1.0, 1.0]) + 1e-17 * gaussian(8, 2)
    assert l1_space(points).rank == 1
    assert l1_space(anisotropic(50, 3, 7)).rank == 3


def test_rounding_is_the_condition_of_the_rows():
    assert l1_space(gaussian(50, 3)).rounding < 1e-14
    assert 1e-10 < l1_space(anisotropic(50, 3, 8)).rounding < 1e-6
    assert l1_space(np.array([[1.0, 1], [2, 2], [3, 3], [1e-20, -1e-20]])).rounding > 0.1


def test_nothing_but_zeros():
    space = l1_space(np.zeros((4, 3)))
    assert (space.rank, len(space.rows), space.residual) == (0, 0, 0.0)
    assert space.direction(np.empty(0)).tolist() == [0, 0, 0]
