import math

import pytest

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
