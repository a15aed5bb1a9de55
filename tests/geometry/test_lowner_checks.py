import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.geometry.point_sets import anisotropic, gaussian, heavy, point_sets
from theoryprune.geometry.lowner import lowner
from theoryprune.geometry.lowner_checks import is_lowner


def tampered(result):
    """Weights that are no longer those of the result, or a claim that is too good, one fault each."""
    low, high = result.support[[result.weights[result.support].argmin(), result.weights[result.support].argmax()]]
    outside = int(np.flatnonzero(result.weights == 0)[0])
    changes = {
        "negated": {high: -result.weights[high]},
        "swapped with a point outside": {high: 0.0, outside: result.weights[high]},
        "1e-6 of mass removed": {high: result.weights[high] - 1e-6},
        "1e-11 of mass added": {high: result.weights[high] + 1e-11},
        "mass moved": {high: result.weights[high] / 2, low: result.weights[low] + result.weights[high] / 2},
        "not a number": {high: np.nan},
    }
    for name, change in changes.items():
        weights = result.weights.copy()
        weights[list(change)] = list(change.values())
        yield name, weights, result.certificate
    yield "under-reported", result.weights, result.certificate - 1e-6
    yield "under-reported in the last digits", result.weights, result.certificate - 2e-8


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("make", [gaussian, heavy])
def test_true_results_are_accepted_and_tampered_ones_are_not(make, symmetric):
    points = make(100, 6)
    result = lowner(points, 1e-3, symmetric=symmetric)
    assert is_lowner(points, result.weights, result.certificate, symmetric=symmetric)
    for name, weights, claim in tampered(result):
        verdict = is_lowner(points, weights, claim, symmetric=symmetric)
        assert not verdict, name
        assert not verdict.inconclusive, name


@given(point_sets(), st.booleans())
def test_a_certificate_that_claims_less_is_refuted(points, symmetric):
    points = points / (np.abs(points).max() or 1.0)
    result = lowner(points, 0.5, symmetric=symmetric)
    if result.certificate > 1e-4 and np.linalg.cond(points) < 1e6:
        assert not is_lowner(points, result.weights, result.certificate - 1e-5, symmetric=symmetric)
        assert is_lowner(points, result.weights, result.certificate, symmetric=symmetric)


def test_the_points_are_part_of_the_claim():
    points = gaussian(50, 4)
    result = lowner(points)
    points[int(np.flatnonzero(result.weights == 0)[0])] *= 10
    assert "leverage" in is_lowner(points, result.weights, result.certificate).reason


def test_rank_and_residual_are_checked_if_told():
    points = gaussian(50, 2) @ gaussian(2, 4, seed=1) + 1e-9 * gaussian(50, 4, seed=2)
    result = lowner(points, rank_tol=1e-6)
    claim = {"eps": result.certificate, "rank_tol": 1e-6}
    assert is_lowner(points, result.weights, **claim, rank=2, residual=result.residual)
    assert "rank" in is_lowner(points, result.weights, **claim, rank=3).reason
    assert "outside" in is_lowner(points, result.weights, **claim, residual=result.residual / 2).reason


def test_too_few_points_cannot_span():
    verdict = is_lowner(np.eye(3), [0.5, 0.5, 0.0], 10.0)
    assert "cannot span" in verdict.reason


def test_an_anisotropy_of_1e8_is_decided_and_one_of_1e12_is_not():
    for decades, decided in ((8.0, True), (12.0, False)):
        points = anisotropic(100, 4, decades)
        result = lowner(points)
        verdict = is_lowner(points, result.weights, result.certificate)
        assert bool(verdict) is decided
        assert verdict.inconclusive is not decided


def test_points_that_are_all_zero_have_no_weights():
    assert is_lowner(np.zeros((2, 2)), [0.0, 0.0], 0.0)
    assert not is_lowner(np.zeros((2, 2)), [0.5, 0.5], 0.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"eps": -0.1}, "eps must not be negative"),
        ({"eps": np.nan}, "eps must be finite"),
        ({"weights": [1.0]}, "weights must have shape"),
        ({"points": [[np.nan, 0.0], [0.0, 1.0]]}, "points must be finite"),
    ],
)
def test_wrong_arguments_are_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        is_lowner(**{"points": np.eye(2), "weights": [0.5, 0.5], "eps": 0.0, **arguments})
