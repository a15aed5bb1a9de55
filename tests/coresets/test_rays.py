"""Distances to rays: against subtraction in higher precision, near and far, at any magnitude."""

from fractions import Fraction

import numpy as np
import pytest

from theoryprune.coresets.rays import masses, rays_of, sines


def exact_sine(one, other):
    """From rational arithmetic, rounded once."""
    a, b = [Fraction(float(x)) for x in one], [Fraction(float(x)) for x in other]
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    if dot <= 0:
        return 1.0
    squares = sum(x * x for x in a) * sum(x * x for x in b)
    return float((squares - dot * dot) / squares) ** 0.5


@pytest.mark.parametrize("gap", [1.0, 1e-2, 1e-3, 1e-4, 3e-5, 1e-6, 1e-9, 1e-12])
def test_against_rational_numbers(gap):
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((8, 5))
    others = rows * rng.uniform(0.5, 2, (8, 1)) + gap * rng.standard_normal((8, 5))
    found = sines(rays_of(rows).units, rays_of(others).units)
    expected = [[exact_sine(a, b) for b in others] for a in rows]
    assert found == pytest.approx(np.array(expected), rel=1e-7, abs=1e-15)


def test_multiples_opposites_and_zeros():
    units = rays_of(np.array([[1.0, 2.0], [3.0, 6.0], [-1.0, -2.0], [2.0, -1.0], [0.0, 0.0]])).units
    found = sines(units, units)
    assert found[0, 1] <= 1e-16
    assert found[0, 2:].tolist() == [1, 1, 1]
    assert found[4].tolist() == [1, 1, 1, 1, 1]


def test_blocks_do_not_matter(monkeypatch):
    rows = np.random.default_rng(0).standard_normal((60, 4))
    units = rays_of(np.concatenate([rows, 3 * rows, rows + 1e-7])).units
    whole = sines(units, units)
    monkeypatch.setattr("theoryprune.coresets.rays._NUMBERS", 700)
    assert sines(units, units) == pytest.approx(whole, rel=1e-7, abs=1e-16)


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e150, 1e-300, 1e300])
def test_rows_of_any_magnitude(scale):
    rays = rays_of(scale * np.array([[3.0, 4.0], [1.0, 0.0]]))
    assert rays.lengths == pytest.approx(scale * np.array([5.0, 1.0]), rel=1e-14)
    assert rays.units == pytest.approx(np.array([[0.6, 0.8], [1, 0]]), rel=1e-14)


def test_masses():
    mass, scale = masses(np.array([[3.0, 4.0], [1.0, 0.0], [0.0, 0.0]]), np.array([[1.0, 2.0, 1.0]]))
    assert scale * mass == pytest.approx([5, 2, 0])
    assert masses(np.zeros((2, 2)), np.ones((1, 2)))[1] == 0
    with pytest.raises(ValueError, match="more than float64 holds"):
        masses(np.full((1, 1), 1e200), np.full((1, 1), 1e200))
