"""One T for all frequencies: against the dense program, and against a general solver."""

import warnings

import cvxpy as cp
import numpy as np
import pytest

from theoryprune.bounds.conv_program import adjoint
from theoryprune.bounds.conv_sector import best_conv_sector, compacted, sector_squares


def symbols_of(count, p, k, d, seed=0):
    rng = np.random.default_rng(seed)
    shapes = (count, p, k), (count, k, d)
    return tuple((rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / 4 for shape in shapes)


def least_square(A, B, slope):
    """The optimum by CLARABEL, symbols as real matrices of twice the size."""
    T, g = cp.Variable(A.shape[2]), cp.Variable()
    real = lambda M: np.block([[M.real, -M.imag], [M.imag, M.real]])  # noqa: E731
    constraints = []
    both = cp.hstack([T, T])
    for a, b in zip(map(real, A), map(real, B), strict=True):
        corner = g * np.eye(b.shape[1]) + slope * b.T @ cp.diag(both) @ b
        side = -(1 + slope) / 2 * b.T @ cp.diag(both)
        matrix = cp.bmat([[corner, side], [side.T, cp.diag(both) - a.T @ a]])
        constraints.append((matrix + matrix.T) / 2 >> 0)
    problem = cp.Problem(cp.Minimize(g), constraints)
    with warnings.catch_warnings():
        # The real form has every eigenvalue twice, which Clarabel finds hard to finish beyond 1e-6.
        warnings.filterwarnings("ignore", "Solution may be inaccurate")
        return problem.solve(solver=cp.CLARABEL)


@pytest.mark.parametrize(("slope", "count"), [(0.0, 4), (0.0, 40), (0.3, 5)])
def test_within_a_hundredth_of_the_optimum(slope, count):
    A, B = symbols_of(count, 2, 4, 3)
    start = np.full(4, 2 * np.linalg.norm(A, 2, axis=(1, 2)).max() ** 2)
    slopes = np.full(4, slope)
    found = best_conv_sector(A, B, slopes, start, 1e-5, 300)
    value, optimum = sector_squares(A, B, slopes, found.multipliers).max(), least_square(A, B, slope)
    assert optimum * (1 - 1e-4) <= value <= 1.001 * optimum
    assert value < sector_squares(A, B, slopes, start).max()


def test_values_of_one_unit_and_bad_multipliers():
    A, B = np.ones((2, 1, 1), dtype=complex), np.array([3.0, 3j]).reshape(2, 1, 1)
    np.testing.assert_allclose(sector_squares(A, B, np.zeros(1), np.array([2.0])), 9)
    assert (sector_squares(A, B, np.zeros(1), np.array([0.5])) == np.inf).all()
    assert best_conv_sector(A, B, np.zeros(1), np.array([0.5]), 1e-3, 9).gap == np.inf


def test_compact_factors():
    B = symbols_of(3, 1, 2, 5)[1]
    C = compacted(B)
    assert C.shape == (3, 2, 2)
    np.testing.assert_allclose(C @ adjoint(C), B @ adjoint(B), atol=1e-12)
