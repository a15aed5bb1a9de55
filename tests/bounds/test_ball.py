"""From gains to errors on balls and boxes."""

import numpy as np
import pytest

from tests.bounds.layers import weights
from theoryprune.bounds.ball import ball_error, box_radius, onto_sphere
from theoryprune.bounds.layer_certs import certify_layer


def test_boxes():
    assert 5 <= box_radius([-3, 0], [1, 4]) <= 5 * (1 + 1e-12)
    with pytest.raises(ValueError, match="low"):
        box_radius([1.0], [0.0])


def test_the_lesser_of_two_bounds():
    V, W = weights("gauss")
    given = certify_layer(V, W, [0, 1], V[:, :2], bias=np.full(12, 100.0), radius=1.0, effort="fast")
    joint = given.best * np.sqrt(2)
    split = given.separate.best + given.constant.best
    assert given.error == pytest.approx(min(joint, split), rel=1e-12)
    assert ball_error(given.gains, None, None, 2.0, None) == pytest.approx(2 * given.best)


def test_points_stay_in_the_ball():
    assert np.linalg.norm(onto_sphere(np.array([3e200, 4e200]), 5.0)) <= 5
    assert not onto_sphere(np.zeros(2), 5.0).any()


def test_tiny_and_huge_balls():
    V, W = weights("gauss")
    small = certify_layer(V * 1e-100, W * 1e-100, [0, 1], V[:, :2] * 1e-100, radius=1e-200)
    assert 0 < small.error < 1e-300  # of about 1e-400, which rounds to 0
    large = certify_layer(V, W, [0, 1], V[:, :2], bias=np.ones(12), radius=1e200)
    assert 0.1 * large.error < large.error_observed <= large.error
    for radius in (5e-324, 1e-310, 1e300):
        point = onto_sphere(np.array([1.0, 1.0]), radius)
        assert np.linalg.norm(point.astype(np.longdouble)) <= radius
