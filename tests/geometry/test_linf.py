import numpy as np
import pytest
from hypothesis import given, settings

from tests.geometry.point_sets import AWKWARD, gaussian, heavy, point_sets
from theoryprune.errors import ConvergenceError
from theoryprune.geometry.design import evaluate
from theoryprune.geometry.linf import linf_coreset, small_support
from theoryprune.geometry.linf_checks import is_linf_coreset
from theoryprune.geometry.linf_factor import linf_factor
from theoryprune.geometry.rank import row_space


def attained(points, indices, directions):
    """The largest ratio over directions: a lower bound of the factor."""
    every = np.abs(points @ directions.T).max(axis=0)
    few = np.abs(points[indices] @ directions.T).max(axis=0)
    return float((every / few).max())


@pytest.mark.parametrize(("n", "d"), [(40, 2), (300, 5), (200, 10)])
@pytest.mark.parametrize("make", [gaussian, heavy])
def test_the_proved_factor_is_never_below_the_least_one(make, n, d):
    points = make(n, d)
    result = linf_coreset(points)
    least = linf_factor(points, result.indices)
    assert attained(points, result.indices, gaussian(20_000, d, seed=1)) <= least * (1 + 1e-9)
    assert least <= result.factor <= np.sqrt(1.01 * d)
    assert is_linf_coreset(points, result.indices, result.factor)
    assert len(result.indices) <= d * (d + 1) // 2 == result.cap


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_points(name):
    points = np.asarray(AWKWARD[name], dtype=np.float64)
    before = points.copy()
    result = linf_coreset(AWKWARD[name])
    assert (points == before).all()
    assert len(result.indices) <= result.cap
    assert result.reduced
    assert result.weights.sum() == pytest.approx(1)
    assert 1 <= result.factor <= max(1, np.sqrt(1.01 * result.rank))
    if name != "row lengths over 300 decades":  # whose short rows have a rank of their own
        assert is_linf_coreset(points, result.indices, result.factor)


@settings(max_examples=40)
@given(point_sets(most_points=25, most_dimensions=4))
def test_any_points(points):
    result = linf_coreset(points)
    verdict = is_linf_coreset(points, result.indices, result.factor)
    assert verdict, verdict
    assert len(result.indices) <= result.cap


def test_adversarial_ascent_finds_no_direction_beyond_the_factor():
    points = heavy(400, 8)
    result = linf_coreset(points)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 8))
    best = attained(points, result.indices, x)
    for step in np.geomspace(1, 1e-3, 200):
        trial = x * (1 + step * rng.standard_normal(x.shape))
        better = [
            attained(points, result.indices, b[None]) > attained(points, result.indices, a[None])
            for a, b in zip(x[:5], trial[:5], strict=True)
        ]
        x[:5][better] = trial[:5][better]
    best = max(best, attained(points, result.indices, x))
    assert 1 < best <= linf_factor(points, result.indices) * (1 + 1e-9) <= result.factor * (1 + 1e-6)


def test_points_that_are_all_zero_need_none():
    result = linf_coreset(np.zeros((3, 2)))
    assert (len(result.indices), result.factor, result.rank) == (0, 1, 0)


def test_all_points_lose_nothing():
    assert linf_coreset(gaussian(4, 4)).factor == 1


def test_opposite_points_cost_nothing_extra():
    points = gaussian(60, 3)
    assert linf_coreset(np.concatenate([points, -points])).factor <= np.sqrt(3.03)


def test_a_support_above_the_cap_is_reduced_and_certified_again():
    rows = row_space(np.concatenate([gaussian(40, 3), -gaussian(40, 3)])).white
    start = evaluate(rows, np.full(80, 1 / 80))
    design = small_support(rows, start.weights, start.excess, 6)
    assert np.count_nonzero(design.weights) <= 6
    assert design.excess <= start.excess + 1e-9


def test_negligible_weights_go_only_if_the_certificate_stays():
    rows = np.eye(2)
    kept = small_support(rows, np.array([1.0, 1e-13]), 1e30, 3)
    assert np.count_nonzero(kept.weights) == 2
    rows = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    cleared = small_support(rows, np.array([0.5, 0.5 - 1e-14, 1e-14]), 1e-6, 3)
    assert cleared.weights.tolist() == pytest.approx([0.5, 0.5, 0])


def test_errors_are_those_of_the_ellipsoid():
    with pytest.raises(ValueError, match="eps must be positive"):
        linf_coreset(np.eye(2), 0)
    with pytest.raises(ConvergenceError):
        linf_coreset(gaussian(50, 5), 1e-300)
    with pytest.raises(ValueError, match="finite"):
        linf_coreset([[np.nan]])
