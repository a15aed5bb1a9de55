"""The factors that follow from kappa, on random sums, and where they end."""

from math import inf

import numpy as np
import pytest

from tests.geometry.point_sets import gaussian, heavy
from theoryprune.geometry import kappa, one_sided_bounds, reflection_factor, relative_factor


def directions(count, dimension):
    return np.random.default_rng(0).standard_normal((dimension, count))


@pytest.mark.parametrize("slope", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("make", [gaussian, heavy])
def test_bounds_and_reflection(make, slope):
    points = make(150, 4)
    result = kappa(points)
    x = np.column_stack([directions(5000, 4), result.witness, -result.witness])
    products = points @ x
    norms, sums = np.abs(products).sum(axis=0), np.maximum(products, slope * products).sum(axis=0)
    least, most = one_sided_bounds(result.upper, slope)
    assert (least * norms * (1 - 1e-12) <= sums).all()
    assert (sums <= most * norms * (1 + 1e-12)).all()
    reflected = np.maximum(-products, -slope * products).sum(axis=0)
    if least > 0:
        ratio = (reflected / sums).max()
        assert ratio <= reflection_factor(result.upper, slope) * (1 + 1e-12)
        assert ratio == pytest.approx(reflection_factor(result.lower, slope), rel=1e-6)


@pytest.mark.parametrize("slope", [0.0, 0.2])
def test_relative_error_of_perturbed_sums(slope):
    """Weights near 1 in place of all ones: eps and eps_linear as found by search, the error of f within the factor."""
    points, rng = gaussian(400, 3), np.random.default_rng(2)
    weights = 1 + 0.2 * rng.standard_normal(400)
    weights *= weights > 0
    bound, x = kappa(points).upper, directions(20_000, 3)
    products = points @ x
    norms = np.abs(products).sum(axis=0)
    eps = (np.abs((weights - 1) @ np.abs(products)) / norms).max()
    eps_linear = (np.abs((weights - 1) @ products) / norms).max()
    terms = np.maximum(products, slope * products)
    error = np.abs((weights - 1) @ terms) / terms.sum(axis=0)
    assert error.max() <= relative_factor(eps, bound, eps_linear=eps_linear, slope=slope)


def test_closed_forms():
    assert relative_factor(0.1, 0.0) == pytest.approx(0.1)
    assert relative_factor(0.1, 0.5, eps_linear=0.1) == pytest.approx(0.4)
    assert relative_factor(0.1, 0.3, slope=0.1) == pytest.approx(0.1 * 0.9 / (0.9 - 1.1 * 0.3))
    assert relative_factor(0, 0.9) == 0
    assert reflection_factor(0) == 1
    assert one_sided_bounds(1) == (0, 1)


def test_where_nothing_is_promised():
    assert relative_factor(0.1, 1.0) == reflection_factor(1.0) == inf
    assert relative_factor(0.1, 0.9 / 1.1, slope=0.1) > 1e10
    assert relative_factor(0.1, 0.83, slope=0.1) == inf
    assert relative_factor(0.1, 0.5, slope=1.0) == inf
    assert one_sided_bounds(0.9, 0.5)[0] < 0


@pytest.mark.parametrize(("name", "value"), [("kappa", 1.1), ("slope", -0.1), ("eps", -1), ("eps_linear", np.nan)])
def test_arguments(name, value):
    with pytest.raises(ValueError, match=name):
        relative_factor(**{"eps": 0.1, "kappa": 0.5, name: value})
