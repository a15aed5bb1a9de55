"""What is stated against what is found."""

from math import inf

import pytest

import theoryprune as tp
from theoryprune.masks.against import at_exponent, distance, require


def test_powers_of_two_are_exact():
    assert at_exponent(0.75, 10, 12) == 0.1875
    assert at_exponent(0.0, 10**6, 0) == 0
    assert (at_exponent(0.5, 10**6, 0), at_exponent(0.5, -(10**6), 0)) == (inf, 0)


def test_nothing_is_far_from_nothing_but_itself():
    assert distance(0.0, 0.0, 0.0) == 0
    assert distance(0.0, 1e-300, 0.0) == inf
    assert distance(1.0, 1.5, 2.0) == 0.25


def test_what_is_not_so_is_named():
    require(True, "row 1", "flow", 1, "it is 1")
    with pytest.raises(
        tp.CertificateError, match=r"^row 1: 'flow' is stated as 1, but it is 2; the certificate is void$"
    ):
        require(False, "row 1", "flow", 1, "it is 2")
