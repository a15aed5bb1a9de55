import re

import numpy as np
import pytest

from tests.coresets.curves import random_curve
from theoryprune.coresets import ErrorCurve, facility_location
from theoryprune.coresets.curve import hull


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({"errors": [1]}, ValueError, "errors of 'a' must be n + 1 numbers, n at least 1, got shape (1,)"),
        ({"errors": [1, 2, 0]}, ValueError, "must be finite, never grow and end at 0"),
        ({"errors": [2, 1]}, ValueError, "must be finite, never grow and end at 0"),
        ({"errors": [np.inf, 0]}, ValueError, "must be finite"),
        ({"errors": [np.nan, 0]}, ValueError, "must be finite"),
        ({"errors": [1, 0], "weight": -1}, ValueError, "weight of 'a' must not be negative"),
        ({"errors": [1, 0], "weight": np.inf}, ValueError, "nor its weighted errors infinite"),
        ({"errors": [1, 0], "weight": np.nan}, ValueError, "must not be negative"),
        ({"errors": [1e200, 0], "weight": 1e200}, ValueError, "divide all weights by the largest"),
        ({"errors": [1, 0], "smallest": 2}, ValueError, "smallest of 'a' must be at least 1 and at most 1, got 2"),
        ({"errors": [1, 0], "multiple_of": 0}, ValueError, "multiple_of of 'a' must be at least 1"),
        ({"errors": [1, 0], "multiple_of": 1.5}, TypeError, "multiple_of of 'a' must be an int, got 1.5"),
    ],
)
def test_what_is_no_curve(given, error, match):
    with pytest.raises(error, match=re.escape(match)):
        ErrorCurve("a", **given)


def test_sizes():
    assert ErrorCurve("a", np.arange(200, -1.0, -1)).smallest == 4
    assert ErrorCurve("a", np.arange(20, -1.0, -1), multiple_of=8).sizes == (8, 16, 20)
    assert ErrorCurve("a", np.arange(5, -1.0, -1), multiple_of=8).sizes == (5,)
    assert ErrorCurve("a", np.arange(5, -1.0, -1), smallest=3).sizes == (3, 4, 5)
    assert ErrorCurve("a", [3, 1, 0], weight=2).error(1) == 2


def test_the_curve_of_facility_location_is_one_and_stays_what_it_was():
    draw = np.random.default_rng(0)
    found = facility_location(draw.standard_normal((30, 5)), draw.standard_normal((4, 30)))
    given = found.curve.copy()
    curve = ErrorCurve("a", given)
    given[:] = -1
    assert np.array_equal(curve.errors, found.curve)
    assert hull(curve, curve.sizes) == curve.sizes  # greedy gains do not grow
    with pytest.raises(ValueError, match="read-only"):
        curve.errors[0] = 0


@pytest.mark.parametrize("seed", range(20))
def test_a_hull_lies_below_and_is_convex(seed):
    curve = random_curve("a", 30, seed, convex=False)
    points = hull(curve, curve.sizes)
    assert (points[0], points[-1]) == (curve.sizes[0], 30)
    below = np.interp(curve.sizes, points, curve.errors[list(points)])
    assert (below <= curve.errors[list(curve.sizes)] * (1 + 1e-9)).all()
    slopes = np.diff(curve.errors[list(points)]) / np.diff(points)
    assert (np.diff(slopes) >= -1e-9).all()
