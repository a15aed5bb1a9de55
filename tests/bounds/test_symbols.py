"""The Fourier transform is exact up to the error it states."""

from fractions import Fraction

import numpy as np
import pytest

from theoryprune.bounds.rounding import UNIT
from theoryprune.bounds.symbols import frequency_count, half_torus, symbol_error, symbols, twiddles


@pytest.mark.parametrize("sizes", [(1,), (7,), (8,), (4, 6), (5, 3), (2, 2, 3)])
def test_half_a_torus_is_one_of_each_pair(sizes):
    found = half_torus(sizes)
    assert len(found) == frequency_count(sizes)
    both = {tuple(j) for j in found} | {tuple(-j % np.array(sizes)) for j in found}
    assert len(both) == np.prod(sizes)


def _turn(fraction):
    """Cosine and sine of ``2 pi fraction`` to 40 digits, by their series."""
    pi = Fraction(31415926535897932384626433832795028841971693993751, 10**49)
    angle, cosine, sine, term = 2 * pi * fraction, Fraction(0), Fraction(0), Fraction(1)
    for k in range(60):
        if k % 2 == 0:
            cosine += term * (-1) ** (k // 2)
        else:
            sine += term * (-1) ** (k // 2)
        term = (term * angle / (k + 1)).limit_denominator(10**50)
    return cosine, sine


@pytest.mark.parametrize("n", [3, 8, 14, 226])
def test_twiddles_are_within_four_units(n):
    cosines, sines = twiddles(np.arange(n)[:, None], np.array([[1]]), (n,))
    for j in range(0, n, max(1, n // 23)):
        c, s = _turn(Fraction(j, n))
        assert abs(Fraction(float(cosines[j, 0])) - c) <= 4 * Fraction(UNIT)
        assert abs(Fraction(float(sines[j, 0])) - s) <= 4 * Fraction(UNIT)


def test_symbols_of_two_axes():
    rng = np.random.default_rng(0)
    K, places, sizes = rng.standard_normal((4, 2, 3)), np.array([[0, 0], [-1, 2], [5, 0], [1, 1]]), (6, 4)
    j = half_torus(sizes)
    found = symbols(K, *twiddles(j, places, sizes))
    phase = np.exp(2j * np.pi * (j / np.array(sizes)) @ places.T)
    expected = np.einsum("ft,toi->foi", phase, K)
    assert np.linalg.norm(found - expected, axis=(1, 2)).max() <= 2 * symbol_error(K)
    assert symbol_error(K) < 1e-13


def test_the_stated_error_holds_for_sums_that_are_rounded_the_same_way():
    taps = 300_000
    for k in range(1, 8):
        K = np.full((taps, 1, 1), 0.1 * k)
        found = symbols(K, *twiddles(np.array([[0]]), np.arange(taps)[:, None], (7,)))
        off = abs(Fraction(float(found[0, 0, 0].real)) - taps * Fraction(0.1 * k))
        assert off <= Fraction(symbol_error(K))


def test_taps_that_cancel_have_the_error_of_their_sizes():
    K = np.array([1.0, -1.0]).reshape(2, 1, 1)
    assert symbol_error(K) == symbol_error(np.abs(K)) > 2 * UNIT
