"""The half of the checkers that all certificates share: each rule refuses what breaks it, with its own reason."""

from dataclasses import replace

import numpy as np
import pytest

from tests.bounds.layers import weights
from theoryprune.bounds import certify_layer
from theoryprune.bounds.claim_checks import (
    accepted,
    length_of,
    wrong_ball,
    wrong_observed,
    wrong_subject,
)

V, W = weights("gauss")
CLAIM = certify_layer(V, W, np.arange(4), V[:, :4], radius=2.0, nonnegative=True, effort="fast")
TOL = 1e-8


def observed(claim, gain=CLAIM.observed, full_gain=CLAIM.full_observed):
    return wrong_observed(claim, lambda point: gain, lambda point: full_gain, TOL)


def ball(claim, proved=CLAIM.error, reached=CLAIM.error_observed):
    return wrong_ball(claim, lambda radius: proved, lambda point: reached, TOL)


def test_the_verdict():
    assert accepted(CLAIM)
    assert accepted(CLAIM).value == CLAIM.best


def test_the_subject():
    assert wrong_subject(CLAIM, CLAIM.digest) == ""
    assert "other weights" in wrong_subject(CLAIM, "0" * 64)
    assert "arithmetic" in wrong_subject(replace(CLAIM, arithmetic="float32"), CLAIM.digest)


def test_what_was_observed():
    assert observed(CLAIM) == ""
    assert observed(CLAIM, gain=CLAIM.observed * (1 + 1e-6)) == ""
    for gain in (CLAIM.observed * (1 - 1e-6), np.nan):
        assert observed(CLAIM, gain=gain) == "the witness does not attain what is stated"
        assert observed(CLAIM, full_gain=gain * 1e-3).startswith("nothing kept: the witness")
    above = replace(CLAIM, observed=CLAIM.best * 1.1)
    assert observed(above, gain=2 * CLAIM.best) == "an observed gain is above the proved one"
    for name in ("witness", "full_witness", "error_witness"):
        assert observed(replace(CLAIM, **{name: -np.ones(5)})) == "a witness has negative entries"


@pytest.mark.parametrize("point", ["witness", "full_witness"])
def test_without_a_witness_nothing_is_observed(point):
    nothing = {point: None}
    assert "does not attain" in observed(replace(CLAIM, **nothing))
    nothing[point.replace("witness", "observed")] = 0.0
    assert observed(replace(CLAIM, **nothing)) == ""


def test_the_error_on_the_ball():
    assert ball(CLAIM) == ""
    assert "follow" in ball(CLAIM, proved=CLAIM.error * (1 + 1e-6))
    assert "attain" in ball(CLAIM, reached=CLAIM.error_observed * (1 - 1e-6))
    assert "attain" in ball(CLAIM, reached=np.nan)
    assert "outside" in ball(replace(CLAIM, error_witness=1.1 * CLAIM.error_witness))
    for radius in (np.nan, -1.0, np.inf, 0.0):
        assert ball(replace(CLAIM, radius=radius)) == "the radius is none"
    for name in ("error", "error_observed"):
        assert "missing" in ball(replace(CLAIM, **{name: None}))
    assert "attain" in ball(replace(CLAIM, error_witness=None))
    assert ball(replace(CLAIM, error_witness=None, error_observed=0.0)) == ""


def test_without_a_ball_there_is_no_error():
    assert "without a ball" in ball(replace(CLAIM, radius=None))
    assert ball(replace(CLAIM, radius=None, error=None, error_witness=None, error_observed=None)) == ""


def test_the_length_of_large_points():
    assert length_of(np.full((2, 2), 1e200)) == 2e200
