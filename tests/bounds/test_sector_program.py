"""The barrier method against a general solver of semidefinite programs."""

import cvxpy as cp
import numpy as np
import pytest

from tests.bounds.test_tri_prod import pair_of
from theoryprune.bounds.sector_program import best_sector
from theoryprune.bounds.sector_value import sector_of, sector_square
from theoryprune.bounds.tri_prod import balances


def least_square(pair):
    """The optimum by CLARABEL."""
    (k, d), low = pair.right.shape, pair.slopes
    T, g = cp.Variable(k), cp.Variable()
    B, H = pair.right, np.diag((1 + low) / 2)
    corner = g * np.eye(d) + B.T @ cp.diag(cp.multiply(low, T)) @ B
    side = -B.T @ H @ cp.diag(T)
    matrix = cp.bmat([[corner, side], [side.T, cp.diag(T) - pair.left.T @ pair.left]])
    problem = cp.Problem(cp.Minimize(g), [(matrix + matrix.T) / 2 >> 0])
    return problem.solve(solver=cp.CLARABEL)


@pytest.mark.parametrize("slope", [0.0, 0.2, 0.7])
@pytest.mark.parametrize(("k", "d", "p"), [(6, 4, 1), (10, 6, 4), (8, 12, 3)])
def test_within_a_hundredth_of_the_optimum(k, d, p, slope):
    rng = np.random.default_rng(k)
    pair = pair_of(rng.standard_normal((p, k)), rng.standard_normal((k, d)), slope)
    found = best_sector(pair, sector_of(pair, balances(pair)[0]), tol=1e-5, max_steps=200)
    value, optimum = sector_square(pair, found.multipliers), least_square(pair)
    assert optimum * (1 - 1e-4) <= value <= optimum * 1.001
    assert found.gap <= 1e-5
