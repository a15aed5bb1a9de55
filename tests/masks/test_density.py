"""Densities and counts."""

import numpy as np
import pytest

from theoryprune.masks.density import check_density, kept_count


def test_counts():
    assert [kept_count(0.9, n) for n in (10, 1000, 10**7)] == [9, 900, 9 * 10**6]
    assert kept_count(1e-17, 10) == 1
    assert kept_count(1, 7) == 7
    assert kept_count(10**-1.5, 270_896) == 8567


def test_the_count_agrees_with_the_published_one_between_integers():
    for total in (270_896, 14_715_584, 138_344_128):
        for step in range(1, 100):
            density = 0.01 ** (step / 100)
            assert kept_count(density, total) == total - int((1.0 - density) * total)


def test_trap_007_a_percentage_is_recognised():
    with pytest.raises(ValueError, match=r"density must be in \(0, 1\], got 95; did you mean 0.95\?"):
        check_density(95)
    with pytest.raises(ValueError, match=r"got 1.5$"):
        check_density(1.5)


@pytest.mark.parametrize("density", [0, -0.1, float("nan"), float("inf"), 1000, 0.0])
def test_out_of_range(density):
    with pytest.raises(ValueError, match=r"density must be in \(0, 1\]"):
        check_density(density)


def test_trap_008_an_int_other_than_one_is_no_count():
    assert check_density(1) == 1.0
    assert check_density(np.float32(0.5)) == 0.5
    with pytest.raises(ValueError, match=r"got 2; did you mean 0\.02"):
        check_density(2)


@pytest.mark.parametrize("density", [True, "0.5", None, 1j])
def test_no_number(density):
    with pytest.raises(TypeError, match="density must be a number"):
        check_density(density)
