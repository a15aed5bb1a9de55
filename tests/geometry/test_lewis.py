"""Lewis weights: the fixed point, the certificate against linear programs, invariances, known answers."""

import numpy as np
import pytest
from hypothesis import given, settings

import theoryprune.geometry as geometry
from tests.geometry.point_sets import AWKWARD, anisotropic, gaussian, heavy, point_sets
from theoryprune.errors import ConvergenceError
from theoryprune.geometry import is_lewis, lewis_weights
from theoryprune.geometry.l1_ratio import l1_ratio
from theoryprune.geometry.l1_space import l1_space


def exact(points):
    """What a direction attains for each row, by linear programs."""
    space, shares = l1_space(np.asarray(points, dtype=float)), np.zeros(len(points))
    shares[space.rows] = [l1_ratio(space, row).lower for row in space.white]
    return shares


def laws(points, result):
    """What holds of every result."""
    zero = ~np.asarray(points).any(axis=1)
    assert np.array_equal(result.weights == 0, zero)
    assert result.weights.sum() == pytest.approx(result.rank, rel=1e-12)
    assert result.theta >= 1 - 1e-9
    assert result.theta <= (1 + result.gap) ** 2 * (1 + 1e-9)
    assert (result.sensitivities <= result.theta * result.weights * (1 + 1e-12)).all()
    assert result.rank * (1 - 1e-9) <= result.total <= (1 + result.gap) * result.rank * (1 + 1e-9)
    assert (result.converged, result.target) == (True, 1e-6)
    assert np.array_equal(result.zero_rows, np.flatnonzero(zero))


@given(point_sets())
def test_laws(points):
    before = points.copy()
    result = lewis_weights(points)
    laws(points, result)
    assert np.array_equal(points, before)


@given(point_sets(most_points=20, most_dimensions=4))
@settings(max_examples=40)
def test_no_sensitivity_exceeds_its_bound(points):
    result = lewis_weights(points)
    assert (exact(points) <= result.sensitivities * (1 + 1e-9)).all()


@pytest.mark.parametrize("points", AWKWARD.values(), ids=AWKWARD)
def test_awkward_points(points):
    result = lewis_weights(points)
    laws(points, result)
    few = slice(None, None, max(1, len(points) // 60))
    assert (exact(points)[few] <= result.sensitivities[few] * (1 + 1e-6)).all()


@pytest.mark.parametrize("make", [gaussian, heavy])
def test_the_fixed_point(make):
    points = make(300, 7)
    tau = lewis_weights(points, eps=1e-13).weights
    inverse = np.linalg.inv((points / tau[:, None]).T @ points)
    assert np.allclose(np.sqrt(np.einsum("ij,jk,ik->i", points, inverse, points)), tau, rtol=1e-11)


@pytest.mark.parametrize("points", [gaussian(200, 5), np.random.default_rng(0).standard_cauchy((200, 5))])
def test_the_gap_bounds_the_distance_to_the_exact_weights(points):
    true = lewis_weights(points, eps=1e-13).weights
    for eps in (0.5, 0.1, 1e-2, 1e-4):
        result = lewis_weights(points, eps=eps)
        assert np.abs(np.log(result.weights / true)).max() <= 2 * np.log1p(result.gap)


def test_the_scale_is_what_plain_iteration_loses():
    """Seven steps of the plain sequence leave its sum 5e-4 short; its weights are right to 1e-5 but for this factor."""
    points = gaussian(300, 7)
    white = np.linalg.qr(points)[0]
    tau = np.full(300, 7 / 300)
    for _ in range(7):
        inverse = np.linalg.inv((white / tau[:, None]).T @ white)
        tau = np.sqrt(np.einsum("ij,jk,ik->i", white, inverse, white))
    assert lewis_weights(points, eps=1e-5).steps <= 7
    assert tau.sum() < 7 * (1 - 4e-4)


def test_known_answers():
    signed = np.repeat(np.diag([1.0, -2.0, 5.0]), [1, 2, 4], axis=0)
    expected = 1 / np.repeat([1, 2, 4], [1, 2, 4])
    assert np.allclose(lewis_weights(signed, eps=1e-12).weights, expected, rtol=1e-11)
    assert np.allclose(lewis_weights(gaussian(4, 9)).weights, 1, rtol=1e-12)
    angles = np.linspace(0, np.pi, 12, endpoint=False)
    assert np.allclose(lewis_weights(np.column_stack([np.cos(angles), np.sin(angles)])).weights, 1 / 6, rtol=1e-12)
    line = np.array([[1.0], [-3.0], [0.0], [2.0]])
    assert np.allclose(lewis_weights(line).weights, [1 / 6, 1 / 2, 0, 1 / 3], rtol=1e-6)


def test_invariance():
    points, rng = heavy(80, 4), np.random.default_rng(1)
    tau = lewis_weights(points, eps=1e-12).weights
    order, signs = rng.permutation(80), rng.choice([-1.0, 1.0], 80)
    changed = (points * signs[:, None])[order] @ rng.standard_normal((4, 4))
    assert np.allclose(lewis_weights(changed, eps=1e-12).weights, tau[order], rtol=1e-9)
    assert np.allclose(lewis_weights(1e-150 * points, eps=1e-12).weights, tau, rtol=1e-9)


def test_a_row_scaled_to_zero_is_gone():
    points = gaussian(30, 4)
    points[7] = 0
    with_it, without = lewis_weights(points, eps=1e-10), lewis_weights(np.delete(points, 7, axis=0), eps=1e-10)
    assert with_it.weights[7] == with_it.sensitivities[7] == 0
    assert np.allclose(np.delete(with_it.weights, 7), without.weights, rtol=1e-9)


def test_copies_share_the_weight_of_one():
    points = gaussian(30, 4)
    copied = np.concatenate([points, points[:1], points[:1]]) / np.array([3.0] + 29 * [1.0] + [3.0, 3.0])[:, None]
    tau = lewis_weights(points, eps=1e-12).weights
    again = lewis_weights(copied, eps=1e-12).weights
    assert np.allclose(again[[0, 30, 31]], tau[0] / 3, rtol=1e-9)


def test_short_rows_matter_where_no_other_row_reaches():
    """In the limit, rows of length 1e-100 have the Lewis weights of their part outside the span of the long ones."""
    points = gaussian(60, 4)
    points[:30, 2:] = 0
    points[30:] *= 1e-100
    tau = lewis_weights(points, eps=1e-9).weights
    assert np.allclose(tau[:30], lewis_weights(points[:30]).weights, rtol=1e-5)
    assert np.allclose(tau[30:], lewis_weights(points[30:, 2:]).weights, rtol=1e-5)


def test_anisotropy_costs_no_digits_of_the_certificate():
    points = anisotropic(200, 5, 8)
    result = lewis_weights(points)
    assert is_lewis(points, result.weights, result.theta)


def test_too_few_steps_raise_and_carry_bounds_that_hold():
    points = np.random.default_rng(0).standard_cauchy((40, 3))
    with pytest.raises(ConvergenceError, match="max_steps") as caught:
        lewis_weights(points, max_steps=1)
    result = caught.value.result
    assert not result.converged
    assert caught.value.gap == result.gap > result.target
    assert (exact(points) <= result.sensitivities * (1 + 1e-9)).all()
    assert (result.sensitivities <= result.theta * result.weights * (1 + 1e-12)).all()


def test_all_zero():
    result = lewis_weights(np.zeros((3, 2)))
    assert (result.rank, result.total, len(result.zero_rows), result.converged) == (0, 0, 3, True)
    assert not result.weights.any()


@pytest.mark.parametrize("eps", [0, -1, np.nan, np.inf])
def test_eps_must_be_positive(eps):
    with pytest.raises(ValueError, match="eps"):
        lewis_weights(np.eye(2), eps=eps)


@pytest.mark.parametrize("points", [[1.0, 2.0], np.zeros((0, 2)), [[np.nan, 1]], [[np.inf, 1]], [[1j, 1]]])
@pytest.mark.parametrize("function", ["lewis_weights", "sensitivities", "kappa"])
def test_bad_points_are_refused(function, points):
    with pytest.raises(ValueError, match="points"):
        getattr(geometry, function)(points)


def test_max_steps_must_be_a_count():
    with pytest.raises(ValueError, match="max_steps"):
        lewis_weights(np.eye(2), max_steps=0)
    with pytest.raises(TypeError, match="max_steps"):
        lewis_weights(np.eye(2), max_steps=1.5)


def test_bounds_hold_for_weights_far_from_the_fixed_point():
    """Of one step only: the bounds are sqrt(theta sigma), and the roots of sigma alone would be too small."""
    points = np.repeat(np.eye(3), [1, 4, 60], axis=0) + 1e-3 * gaussian(65, 3)
    with pytest.raises(ConvergenceError) as failure:
        lewis_weights(points, eps=1e-12, max_steps=1)
    found = failure.value.result
    gram = points.T @ (points / found.weights[:, None])
    sigma = np.einsum("ij,ij->i", points, np.linalg.solve(gram, points.T).T)
    assert found.theta == pytest.approx((sigma / found.weights**2).max(), rel=1e-12)
    assert found.theta > 1.5
    assert found.sensitivities == pytest.approx(np.sqrt(found.theta * sigma), rel=1e-12)
    assert geometry.is_sensitivity_bound(points, found.sensitivities)
