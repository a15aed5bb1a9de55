"""The gain of a pair as a semidefinite program, by cvxpy and Clarabel: what the certificates are measured against."""

import numpy as np


def sdp_gain(A: np.ndarray, B: np.ndarray, slope: float) -> float:
    """Return the least gain of ``A S B``, S diagonal in [slope, 1], that multipliers T for the sectors prove.

    Minimises gamma over diagonal T >= 0 with
    ``[[gamma I + slope B^T T B, -(1 + slope)/2 B^T T], [., T - A^T A]]`` positive semidefinite; the root of gamma.
    The pair is scaled to norm 1 before, so that the solver's tolerances are relative.
    """
    import cvxpy as cp

    first, second = (float(np.linalg.norm(matrix, 2)) for matrix in (A, B))
    A, B = A / first, B / second
    k, d = B.shape
    gamma, t = cp.Variable(), cp.Variable(k, nonneg=True)
    T = cp.diag(t)
    corner = gamma * np.eye(d) + slope * (B.T @ T @ B)
    side = -(1 + slope) / 2 * (B.T @ T)
    matrix = cp.bmat([[corner, side], [side.T, T - A.T @ A]])
    problem = cp.Problem(cp.Minimize(gamma), [(matrix + matrix.T) / 2 >> 0])
    problem.solve(solver=cp.CLARABEL)
    return float(np.sqrt(problem.value)) * first * second
