"""The checker of reduced designs accepts what is true and nothing that was tampered with."""

import numpy as np
import pytest

from theoryprune.geometry import is_design_reduction, reduce_design


@pytest.fixture(params=[(60, 3, 0), (200, 5, 1)])
def design(request):
    n, d, seed = request.param
    rng = np.random.default_rng(seed)
    points, weights = rng.standard_normal((n, d)), rng.dirichlet(np.ones(n))
    return points, weights, reduce_design(points, weights).weights


def test_the_true_design(design):
    assert is_design_reduction(*design)
    assert is_design_reduction(*design, tol=1e-13)
    assert not is_design_reduction(design[0], design[1], design[1])  # too many points


def test_every_tampered_design_is_rejected(design):
    points, weights, found = design
    for k in np.flatnonzero(found):
        one = np.eye(len(found))[k]
        for changed in (found * (1 - 2 * one), found * (1 - one), found - 1e-6 * one, found * (1 - 1e-6 * one)):
            assert not is_design_reduction(points, weights, changed)
    assert not is_design_reduction(points, weights, np.roll(found, 1))
    assert not is_design_reduction(points, weights, found * (1 - 1e-9))
    assert not is_design_reduction(points, weights, found * np.nan)
    assert not is_design_reduction(points, weights, found[1:])
    unused = np.where(np.arange(len(found)) == 0, 0, weights)
    assert not is_design_reduction(points[1:], unused[1:], np.roll(found, 1)[1:])


def test_a_design_of_larger_mass_is_rejected():
    points = np.array([[1.0], [0.5]])
    assert is_design_reduction(points, [0.0, 1.0], [0.0, 1.0])
    assert is_design_reduction(points, [0.5, 2.0], [1.0, 0.0])
    assert not is_design_reduction(points, [0.5, 2.0], [0.0, 4.0])


def test_designs_on_zero_points():
    assert is_design_reduction(np.zeros((2, 2)), [1, 1], [0, 0])
    assert not is_design_reduction(np.zeros((2, 2)), [1, 1], [1, 1])


def test_it_says_what_is_wrong(design):
    points, weights, found = design
    assert is_design_reduction(points, weights, found).value <= 1e-13
    assert "more than" in is_design_reduction(points, weights, weights).reason
    assert "grown" in is_design_reduction(points, weights, 2 * found).reason
    lighter = is_design_reduction(points, weights, found * (1 - 1e-6))
    assert "moment matrix" in lighter.reason
    assert lighter.value == pytest.approx(1e-6, rel=1e-6)


def test_points_and_weights_are_checked():
    with pytest.raises(ValueError, match="negative"):
        is_design_reduction([[1]], [-1], [1])
