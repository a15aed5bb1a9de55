"""Bad arguments are named."""

import numpy as np
import pytest

from theoryprune.bounds.arguments import (
    as_fold,
    as_kept_units,
    as_reals,
    as_slopes,
    check_radius,
    divided,
    power_of_two,
)


def test_reals():
    assert as_reals([[1, 2]], "x", (1, None)).dtype == np.float64
    for bad in ([[1.0]], [[np.nan, 1]], [[1j, 1]]):
        with pytest.raises(ValueError, match="x must"):
            as_reals(bad, "x", (1, 2))


def test_slopes_and_units():
    assert as_slopes(0.5, 2).tolist() == [0.5, 0.5]
    with pytest.raises(ValueError, match="slope"):
        as_slopes(1.5, 2)
    with pytest.raises(TypeError, match="integers"):
        as_kept_units([0.0, 1.0], 3)
    for bad in ([1, 0], [0, 0], [3], [-1], []):
        with pytest.raises((ValueError, TypeError), match="kept"):
            as_kept_units(bad, 3)


def test_powers_of_two():
    assert power_of_two(3.0) == 4
    assert power_of_two(1e-300) == 2.0**-997
    with pytest.raises(ValueError, match="tau"):
        power_of_two(0.0)
    with pytest.raises(ValueError, match="another tau"):
        divided(np.array([1e-300]), 2.0**100, "bias")


def test_folds():
    kept, slopes = np.array([0, 1]), np.array([0.0, 0.5, 0.0])
    target, _ = as_fold([0, 1, 7], [1, 1, 0], kept, slopes)
    assert target.tolist() == [0, 1, -1]
    for assignment, multipliers in [
        ([0, 1, 1], [1, 1, 1]),
        ([0, 1, 2], [1, 1, 1]),
        ([0, 1, 0], [1, 1, -1]),
        ([1, 1, 0], [1, 1, 1]),
    ]:
        with pytest.raises(ValueError, match=r"unit|negative"):
            as_fold(assignment, multipliers, kept, slopes)
    with pytest.raises(ValueError, match="together"):
        as_fold([0, 1, 0], None, kept, slopes)


def test_numbers_that_float64_lacks_are_refused():
    assert as_reals([2**53], "x", (1,))[0] == 2.0**53
    for bad in ([2**53 + 1], [-(2**53) - 1], np.array([2**63], dtype=np.uint64)):
        with pytest.raises(ValueError, match="x must hold numbers that float64 does"):
            as_reals(bad, "x", (1,))
    if np.finfo(np.longdouble).nmant > 52:
        with pytest.raises(ValueError, match="1 would be rounded"):
            as_reals(np.array([1 / np.longdouble(3)]), "x", (1,))


def test_a_ball_has_a_radius():
    for radius in (None, 1e-300, 2.0):
        check_radius(radius)
    for radius in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(ValueError, match="radius must be positive and finite"):
            check_radius(radius)
