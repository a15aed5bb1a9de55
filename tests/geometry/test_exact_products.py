"""The share of a sum in the sum of absolute products, against rational arithmetic."""

from fractions import Fraction

import numpy as np
import pytest

from tests.geometry.point_sets import AWKWARD, anisotropic
from theoryprune.geometry.exact_products import halves, share_of_sum


def rational_share(points, direction):
    x = [Fraction(float(v)) for v in direction]
    products = [sum(Fraction(float(a)) * b for a, b in zip(p, x, strict=True)) for p in points]
    whole = sum(map(abs, products))
    return float(abs(sum(products)) / whole) if whole else 0.0


@pytest.mark.parametrize("seed", range(20))
def test_the_share_is_exact_where_products_are_rounding_errors(seed):
    rng = np.random.default_rng(seed)
    normal = rng.standard_normal(3)
    points = np.outer(rng.standard_normal(7), normal)
    direction = np.cross(normal, rng.standard_normal(3))
    assert share_of_sum(points, direction) == pytest.approx(rational_share(points, direction), rel=1e-13)


@pytest.mark.parametrize("name", [name for name in AWKWARD if name != "row lengths over 300 decades"])
def test_the_share_is_exact_for_awkward_points_of_any_magnitude(name):
    points = np.asarray(AWKWARD[name], dtype=float)
    direction = np.linspace(-1.0, 1.3, points.shape[1]) * 1e120
    assert share_of_sum(points, direction) == pytest.approx(rational_share(points, direction), rel=1e-13)


def test_the_share_is_exact_along_the_least_direction_of_anisotropic_points():
    points = anisotropic(40, 4, 8.0)
    direction = np.linalg.svd(points)[2][-1]
    assert share_of_sum(points, direction) == pytest.approx(rational_share(points, direction), rel=1e-13)


def test_the_share_of_nothing_is_0():
    assert share_of_sum(np.zeros((3, 2)), np.ones(2)) == 0
    assert share_of_sum(np.ones((3, 2)), np.zeros(2)) == 0


def test_halves_have_exact_products():
    values = np.random.default_rng(0).standard_normal((2, 200)) * 2.0 ** np.arange(-100, 100)
    (a, b), (c, d) = halves(values[0]), halves(values[1])
    assert (a + b == values[0]).all()
    for one in (a, b):
        for other in (c, d):
            assert all(Fraction(x) * Fraction(y) == Fraction(x * y) for x, y in zip(one, other, strict=True))
