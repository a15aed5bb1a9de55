"""What a checker says, and that every checker says it."""

import numpy as np
import pytest

from theoryprune import geometry
from theoryprune.geometry.verdict import Verdict, confirmed, refuted, undecided


def test_only_a_claim_that_was_found_to_hold_is_true():
    assert confirmed("it is so", 0.5)
    assert confirmed("it is so", 0.5) == Verdict(True, False, 0.5, "it is so")
    assert not refuted("it is not so", 0.5)
    assert not undecided("who knows")


def test_an_open_question_says_that_it_is_one():
    assert undecided("who knows", 0.5).inconclusive
    assert undecided("who knows", 0.5).value == 0.5
    assert not refuted("it is not so").inconclusive


POINTS, EYE, HALF = np.array([[1.0, 0.0], [0.0, 1.0]]), np.eye(2), np.array([0.5, 0.5])
LEWIS, KAPPA = geometry.lewis_weights(POINTS), geometry.kappa(POINTS)
CLAIMS = {
    "is_design": lambda **tol: geometry.is_design(HALF, **tol),
    "encloses": lambda **tol: geometry.encloses(POINTS, EYE, **tol),
    "is_convex_reduction": lambda **tol: geometry.is_convex_reduction(POINTS, None, [0, 1], [1, 1], **tol),
    "is_design_reduction": lambda **tol: geometry.is_design_reduction(POINTS, HALF, HALF, **tol),
    "is_lewis": lambda **tol: geometry.is_lewis(POINTS, LEWIS.weights, LEWIS.theta, **tol),
    "is_sensitivity_bound": lambda **tol: geometry.is_sensitivity_bound(POINTS, [1, 1], **tol),
    "is_kappa": lambda **tol: geometry.is_kappa(
        POINTS, KAPPA.lower, KAPPA.upper, KAPPA.multipliers, KAPPA.witness, **tol
    ),
    "is_gram": lambda **tol: geometry.is_gram(EYE, **tol),
    "is_best_fit": lambda **tol: geometry.is_best_fit(EYE, [[1, 1]], [0], [[1]], **tol),
    "is_pivot_order": lambda **tol: geometry.is_pivot_order(EYE, [0], **tol),
}
WITHOUT_TOL = {
    "is_lowner": lambda: geometry.is_lowner(POINTS, HALF, 1e-2),
    "is_linf_coreset": lambda: geometry.is_linf_coreset(POINTS, [0, 1], 1.0),
}


def test_every_public_checker_is_here():
    assert {*CLAIMS, *WITHOUT_TOL} == {name for name in geometry.__all__ if name.startswith(("is_", "encloses"))}


@pytest.mark.parametrize("name", [*CLAIMS, *WITHOUT_TOL])
def test_every_checker_gives_a_verdict(name):
    verdict = {**CLAIMS, **WITHOUT_TOL}[name]()
    assert isinstance(verdict, Verdict)
    assert verdict.holds
    assert verdict.reason


@pytest.mark.parametrize("name", CLAIMS)
@pytest.mark.parametrize("tol", [-1e-9, np.nan])
def test_a_tolerance_is_positive(name, tol):
    with pytest.raises(ValueError, match="tol must be positive"):
        CLAIMS[name](tol=tol)
