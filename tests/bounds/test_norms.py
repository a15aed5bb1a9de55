"""The spectral norm is never below the true one."""

from fractions import Fraction

import numpy as np
import pytest

from theoryprune.bounds import norms
from theoryprune.bounds.norms import is_positive_definite, spectral_norm_up, top_eigenvalue


def exact_square_2x2_at_most(matrix, s):
    """Whether ||M|| <= s for a matrix of two columns, in rationals."""
    columns = [[Fraction(float(x)) for x in column] for column in matrix.T]
    a, b, c = (sum(x * y for x, y in zip(columns[i], columns[j], strict=True)) for i, j in ((0, 0), (0, 1), (1, 1)))
    q = Fraction(float(s)) ** 2
    return q >= a and q >= c and (q - a) * (q - c) >= b * b


@pytest.mark.parametrize("scale", [1.0, 1e-150, 1e150])
def test_above_the_exact_norm_and_near_it(scale):
    rng = np.random.default_rng(0)
    for rows in (2, 3, 9):
        matrix = scale * rng.standard_normal((rows, 2))
        bound = spectral_norm_up(matrix)
        assert exact_square_2x2_at_most(matrix, bound)
        assert bound <= np.linalg.norm(matrix / scale, 2) * scale * (1 + 1e-9)


def test_known_norms():
    assert spectral_norm_up(np.zeros((3, 2))) == 0
    assert 5 <= spectral_norm_up(np.array([[3.0, 4.0]])) <= 5 * (1 + 1e-13)
    assert 1 <= spectral_norm_up(np.eye(40)) <= 1 + 1e-9
    assert spectral_norm_up(np.eye(2), relative=0.1) >= 1.1


def test_definite_or_not():
    assert is_positive_definite(np.eye(3))
    assert not is_positive_definite(np.diag([1.0, -1e-12]))
    assert not is_positive_definite(np.full((2, 2), np.nan))
    assert top_eigenvalue(np.diag([1.0, 3.0, 2.0])) == pytest.approx(3)


def test_no_acceptance_below_the_exact_norm(monkeypatch):
    # Without the excess of 1e-10 that is tried first, only delta keeps the bound above.
    monkeypatch.setattr(norms, "_EXCESSES", [j * 2.0**-53 for j in range(-40, 2000)])
    rng = np.random.default_rng(1)
    for _ in range(60):
        matrix = rng.standard_normal((int(rng.integers(2, 400)), 2))
        assert exact_square_2x2_at_most(matrix, spectral_norm_up(matrix))


def test_a_product_that_rounding_lowers_is_no_bound(monkeypatch):
    # Sums of equal squares are rounded the same way each time: the computed norms lie up to 1e-12 off the exact ones.
    monkeypatch.setattr(norms, "_EXCESSES", [j * 2.0**-53 for j in range(-40, 2000)])
    for k in range(1, 12):
        value, rows = 0.1 * k, 40_000
        bound = spectral_norm_up(np.full((rows, 2), value))
        assert Fraction(bound) ** 2 >= 2 * rows * Fraction(value) ** 2
