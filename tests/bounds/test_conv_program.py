"""Gradient and Hessian of the barrier against differences; one real frequency is the dense program."""

import numpy as np
import pytest

from theoryprune.bounds.conv_program import SymbolProgram, adjoint


@pytest.mark.parametrize("slope", [0.0, 0.3])
def test_derivatives(slope):
    rng = np.random.default_rng(0)
    A, C = (rng.standard_normal(s) + 1j * rng.standard_normal(s) for s in ((3, 2, 4), (3, 4, 2)))
    A, C = A / 8, C / 4
    program = SymbolProgram(adjoint(A) @ A, C, np.full(4, slope))
    point, t, step = np.array([4.0, 1.1, 1.2, 0.9, 1.0]), 5.0, 1e-5
    gradient, hessian = program.derivatives(program.inverse(point), t)
    for i, unit in enumerate(np.eye(5)):
        ahead, behind = point + step * unit, point - step * unit
        slope_there = (program.barrier(ahead, t) - program.barrier(behind, t)) / (2 * step)
        assert gradient[i] == pytest.approx(slope_there, rel=1e-6, abs=1e-6)
        change = [program.derivatives(program.inverse(x), t)[0] for x in (ahead, behind)]
        np.testing.assert_allclose(hessian[i], (change[0] - change[1]) / (2 * step), rtol=1e-5, atol=1e-6)


def test_outside_the_cone():
    program = SymbolProgram(np.eye(2, dtype=complex)[None], np.ones((1, 2, 1), dtype=complex), np.zeros(2))
    assert program.inverse(np.array([1.0, 0.5, 2.0])) is None
    assert program.barrier(np.array([1.0, 0.5, 2.0]), 1.0) == np.inf
