"""Rectified Gaussians against one-dimensional quadrature, with the correlation up to and at its ends."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr

from theoryprune.geometry.bivariate import normal_density, rectified_mean, rectified_product, rectified_square

NODES, WEIGHTS = np.polynomial.legendre.leggauss(60)


def gauss(function, low, high):
    return (high - low) / 2 * WEIGHTS @ function((high + low) / 2 + (high - low) / 2 * NODES)


def reference(a, b, rho):
    """Integrate over the first variable; given it, the second is Gaussian and its rectified mean is known."""
    q = np.sqrt((1 - rho) * (1 + rho))

    def integrand(y):
        m = b + rho * y
        inner = np.maximum(m, 0) if q == 0 else m * ndtr(m / q) + q * normal_density(m / q)
        return (a + y) * inner * normal_density(y)

    low, high = max(-a, -12.0), 12.0
    kinks = [(k * q - b) / rho for k in (-9, -3, -1, 0, 1, 3, 9)] if rho else []
    cuts = [low, *sorted({x for x in (*kinks, *range(-10, 11, 2)) if low < x < high}), high]
    return sum(gauss(integrand, *pair) for pair in pairwise(cuts)) if low < high else 0.0


@given(
    st.floats(-6, 6),
    st.floats(-6, 6),
    st.one_of(st.floats(0, 1), st.floats(-16, 0).map(lambda e: 10.0**e)),
    st.booleans(),
)
def test_against_quadrature(a, b, gap, positive):
    rho = (1 - gap) * (1 if positive else -1)
    found = rectified_product(np.float64(a), np.float64(b), np.float64(rho))
    assert float(found) == pytest.approx(reference(a, b, rho), abs=2e-14 * (1 + abs(a)) * (1 + abs(b)))


@pytest.mark.parametrize("rho", [1 - 1e-13, 1 - 4e-15, 1.0, -1 + 1e-13, -1.0])
@pytest.mark.parametrize("shift", [0.0, 1e-15, 1e-12, 1e-7, -1e-8])
def test_nearly_aligned_and_nearly_equal(rho, shift):
    """Where a - rho b is a difference of nearly equal numbers that is divided by a tiny one."""
    a = 1.3
    b = np.sign(rho) * a + shift
    found = rectified_product(np.float64(a), np.float64(b), np.float64(rho))
    assert float(found) == pytest.approx(reference(a, b, rho), abs=2e-14)


def test_signs_are_not_read_from_a_product():
    tiny = np.array([1e-200, -1e-200, 0.0])
    found = rectified_product(tiny[:, None], tiny, np.array(0.5))
    expected = (np.sqrt(0.75) + (np.pi - np.pi / 3) * 0.5) / (2 * np.pi)
    assert found == pytest.approx(np.full((3, 3), expected), rel=1e-14)


@given(st.floats(-1e10, 1e10), st.floats(-1e10, 1e10), st.floats(-1, 1))
def test_bounds(a, b, rho):
    """Not negative, and the Cauchy-Schwarz inequality, for any size."""
    a, b, rho = np.float64(a), np.float64(b), np.float64(rho)
    found = float(rectified_product(a, b, rho))
    assert 0 <= found <= np.sqrt(rectified_square(a)) * np.sqrt(rectified_square(b))
    assert found == pytest.approx(float(rectified_product(b, a, rho)), abs=1e-14 * (1 + abs(a)) * (1 + abs(b)))


def test_independent_variables_factor():
    a, b = np.meshgrid(np.linspace(-5, 5, 21), np.linspace(-5, 5, 21))
    assert rectified_product(a, b, np.zeros(1)) == pytest.approx(rectified_mean(a) * rectified_mean(b), abs=1e-14)


@pytest.mark.parametrize("a", [-40.0, -3.0, 0.0, 2.0, 1e8])
def test_one_variable(a):
    exact_mean = quad(lambda z: max(a + z, 0) * normal_density(np.float64(z)), max(-a, -12), 12)[0] if a > -12 else 0
    assert float(rectified_mean(np.float64(a))) == pytest.approx(exact_mean, abs=1e-12 * (1 + abs(a)))
    square = float(rectified_product(np.float64(a), np.float64(a), np.float64(1)))
    assert float(rectified_square(np.float64(a))) == pytest.approx(square, rel=1e-13, abs=1e-14)
