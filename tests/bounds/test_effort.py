"""The names of the efforts, and no others."""

import pytest

from theoryprune.bounds.effort import EFFORTS, check_effort


def test_known_efforts_pass_and_others_do_not():
    for effort in EFFORTS:
        check_effort(effort)
    with pytest.raises(ValueError, match="effort must be one of fast, default, high, got 'much'"):
        check_effort("much")
