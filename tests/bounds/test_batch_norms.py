"""The norm of many complex matrices is never below the true one of any."""

from fractions import Fraction

import numpy as np
import pytest

from theoryprune.bounds import batch_norms
from theoryprune.bounds.batch_norms import largest_norm_up


@pytest.mark.parametrize("shape", [(1, 1, 1), (30, 3, 5), (9, 8, 2), (2, 120, 130), (4, 6, 6)])
def test_above_all_norms_and_near_the_largest(shape):
    rng = np.random.default_rng(0)
    X = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    true = np.linalg.norm(X, 2, axis=(1, 2)).max()
    found = largest_norm_up(X, 1e-12)
    assert true * (1 - 1e-14) <= found <= true * (1 + 1e-8)
    assert largest_norm_up(X, 2 * true) == 2 * true
    assert largest_norm_up(X, 0.999 * true) == pytest.approx(true, rel=1e-8)


def test_exact_norms():
    for U in (np.eye(5), 1j * np.eye(5), np.array([[3, 4j]]), np.diag([1.0, 1e-200])):
        exact = 5.0 if U.shape == (1, 2) else 1.0
        assert exact <= largest_norm_up(U[None].astype(complex), 1e-13) <= exact * (1 + 1e-8)
    assert largest_norm_up(np.zeros((3, 2, 2), dtype=complex), 1e-13) == 1e-13


def test_products_that_rounding_lowers_are_no_bound(monkeypatch):
    # All entries equal: a norm known exactly, and products whose terms are all rounded the same way.
    monkeypatch.setattr(batch_norms, "_EXCESSES", [j * 2.0**-53 for j in range(-40, 40)] + [1e-6])
    for k in range(1, 12):
        value, rows = 0.09 * k, 20_000
        bound = largest_norm_up(np.full((1, rows, 2), complex(value, 0)), 1e-12)
        assert Fraction(bound) ** 2 >= 2 * rows * Fraction(value) ** 2
