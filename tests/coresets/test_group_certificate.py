import math

import pytest

from theoryprune.bounds import Window, certify_conv_layer
from theoryprune.coresets.group_certificate import GroupCertificate, root_of_squares, summed


def test_a_root_is_never_below_the_true_one():
    assert root_of_squares([]) == 0
    assert root_of_squares([0.1]) == 0.1
    assert root_of_squares([0.0, 0.0]) == 0
    assert root_of_squares([1.0, math.inf]) == math.inf
    assert 5 <= root_of_squares([3.0, 4.0]) <= 5 * (1 + 1e-14)
    assert root_of_squares([3e-200, 4e-200]) == pytest.approx(5e-200)


def test_nothing_together_is_nothing():
    proof = summed([], seen=True)
    assert (proof.best, proof.observed, proof.constant) == (0, 0, 0)
    assert GroupCertificate((), None, 1.0, 2.0, "").tightness is None


@pytest.mark.parametrize(
    ("best", "seen", "word"),
    [
        (0.0, None, "no"),
        (0.5, 1.0, "no"),
        (1.0, 1.0, "perhaps"),
        (1.5, None, "perhaps"),
        (2.0, 1.0, "yes"),
        (3.0, 2.0, "yes"),
    ],
)
def test_a_bound_is_vacuous_above_that_of_deleting_and_not_below_what_deleting_was_seen_to_do(best, seen, word):
    proof = GroupCertificate((), 0.0, best, 2.0, "", full_observed=seen)
    assert proof.vacuity == word
    assert proof.vacuous == (word == "yes")
    assert ("vacuous" in str(proof)) == (word != "no")
    assert GroupCertificate((), None, None, None, "why").vacuity is None


def test_without_any_witness_nothing_was_observed():
    window, given = Window((1,), (0,), (1,)), ([[[1.0], [2.0]]], [[[1.0]], [[-1.0]]], [0], [[[1.0]]], 0.0)
    shape = {"size": (3,), "producer": window, "consumer": window}
    known, unknown = certify_conv_layer(*given, **shape), certify_conv_layer(*given, **shape, pool_gain=2.0)
    assert unknown.witness is None
    assert summed([unknown], seen=True).observed is None
    assert summed([unknown], seen=True).full_observed is None
    assert str(summed([unknown], seen=True)).startswith("gain of the error in [?, ")
    assert summed([known, unknown], seen=True).observed == known.observed > 0
    assert summed([known], seen=False).observed is None
