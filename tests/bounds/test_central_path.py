"""The path is followed to the optimum of a program whose answer is known."""

import numpy as np

from theoryprune.bounds.central_path import Sector, follow_path


class Interval:
    """minimise g subject to g >= 1 / T, T <= 2: the matrix [[g, 1], [1, T]] and 2 - T; the optimum is 1/2 at T = 2."""

    def inverse(self, point):
        g, T = point
        return None if g * T <= 1 or T >= 2 or g <= 0 else np.array([g, T])

    def barrier(self, point, t):
        g, T = point
        return t * g - np.log(g * T - 1) - np.log(2 - T) if g > 0 and g * T > 1 and T < 2 else float("inf")

    def derivatives(self, inverse, t):
        g, T = inverse
        h = g * T - 1
        gradient = np.array([t - T / h, -g / h + 1 / (2 - T)])
        return gradient, np.array([[T * T / h**2, 1 / h**2], [1 / h**2, g * g / h**2 + 1 / (2 - T) ** 2]])


def test_the_optimum_is_reached_within_the_gap():
    found = follow_path(Interval(), np.array([3.0, 1.0]), 3, 1e-6, 200)
    assert found.gap <= 1e-6
    assert 2 * (1 - 1e-5) <= found.multipliers[0] < 2


def test_few_steps_and_bad_starts():
    few = follow_path(Interval(), np.array([3.0, 1.0]), 3, 1e-6, 2)
    assert few.steps == 2
    assert few.gap > 1e-3
    outside = follow_path(Interval(), np.array([0.5, 1.0]), 3, 1e-6, 9)
    assert isinstance(outside, Sector)
    assert (outside.gap, outside.steps) == (float("inf"), 0)
