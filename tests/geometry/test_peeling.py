import numpy as np
import pytest
from hypothesis import given, settings

from tests.geometry.point_sets import AWKWARD, gaussian, heavy, point_sets
from theoryprune.geometry.peeling import peeling
from theoryprune.geometry.sensitivities import sensitivities
from theoryprune.geometry.sensitivity_checks import is_sensitivity_bound


@pytest.mark.parametrize("make", [gaussian, heavy])
@pytest.mark.parametrize(("n", "d"), [(20, 1), (60, 4), (40, 12)])
def test_linear_programs_find_no_larger_sensitivity(make, n, d):
    points = make(n, d)
    result = peeling(points)
    verdict = is_sensitivity_bound(points, result.bounds)
    assert verdict, verdict
    assert result.total == pytest.approx(result.bounds.sum())
    assert result.total < 1.5 * d  # Lewis weights give d


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_points(name):
    points = np.asarray(AWKWARD[name], dtype=np.float64)
    result = peeling(AWKWARD[name])
    assert ((result.bounds > 0) == points.any(axis=1)).all()
    assert ((result.layers > 0) == points.any(axis=1)).all()
    assert (result.bounds <= 1).all()
    if name != "row lengths over 300 decades":  # its programs divide by zero
        verdict = is_sensitivity_bound(points, result.bounds)
        assert verdict or verdict.inconclusive, verdict


@settings(max_examples=25)
@given(point_sets(most_points=20, most_dimensions=4))
def test_any_points(points):
    verdict = is_sensitivity_bound(points, peeling(points).bounds)
    assert verdict or verdict.inconclusive, verdict


def test_the_bounds_are_never_above_the_usual_ones():
    for make in (gaussian, heavy):
        result = peeling(make(300, 6))
        usual = np.maximum.accumulate(result.factors)[result.layers - 1] / result.layers
        assert (result.bounds <= np.minimum(1, usual) * (1 + 1e-6)).all()
        assert result.total < 0.2 * np.minimum(1, usual).sum()


def test_tampered_bounds_are_refused():
    points = gaussian(30, 3)
    bounds = peeling(points).bounds
    tightest = sensitivities(points, "exact").bounds
    for j, bound in ((0, tightest[0] * (1 - 1e-5)), (7, -bounds[7]), (9, 0.0)):
        changed = bounds.copy()
        changed[j] = bound
        assert not is_sensitivity_bound(points, changed)


def test_orthogonal_points_matter_fully():
    assert peeling(np.diag([3.0, 1.0, 1e-3])).bounds == pytest.approx(np.ones(3))


def test_copies_share():
    points = np.repeat(np.eye(3), 10, axis=0)
    assert peeling(points).bounds == pytest.approx(np.full(30, 0.1))


def test_a_short_row_alone_in_its_direction_is_not_overlooked():
    assert peeling([[1.0, 0.0], [1.0, 0.0], [0.0, 1e-20]]).bounds == pytest.approx([0.5, 0.5, 1.0])


@pytest.mark.parametrize("tilt", [1e-3, 1e-9, 1e-12])
def test_a_slight_tilt_is_a_direction_of_its_own(tilt):
    """Across the others, one sees this point alone."""
    assert peeling([[1.0, tilt], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0]]).bounds[0] == 1


def test_layers_are_numbered_without_gaps():
    result = peeling(heavy(100, 4))
    assert set(result.layers) == set(range(1, len(result.factors) + 1))
    assert (result.factors >= 1).all()


def test_errors_are_those_of_the_ellipsoid():
    with pytest.raises(ValueError, match="eps must be positive"):
        peeling(np.zeros((2, 2)), 0)
    with pytest.raises(ValueError, match="finite"):
        peeling([[np.inf]])
