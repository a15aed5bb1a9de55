"""How fast `lowner` certifies an ellipsoid, against cvxpy, the plain fixed point and plain away steps.

Contenders take turns; the ratio within a round is what counts. All must reach the same accuracy: cvxpy's ellipsoid,
shrunk or blown up until it just holds the points, by its volume; the others by the certificate over all points, which
is never easier.
"""

import time
import warnings
from collections.abc import Callable

import cvxpy as cp
import numpy as np
from scipy.linalg import solve_triangular

from benchmarks.geometry.turns import by_turns
from theoryprune.errors import ConvergenceError
from theoryprune.geometry import lowner

EPS = 1e-2
SMALL = [(512, 10), (512, 30)]
LARGE = [(4096, 256), (4096, 576)]
GOALS = {10: 20, 30: 100, 256: 0.9, 576: 0.9}
"""Times faster, by the dimension: against cvxpy, and against plain iterations."""
TOLERANCES = [1e-1, 1e-2, 1e-3, 1e-4]
"""Of cvxpy's solvers, the loosest first: the first to reach `EPS` is the one that counts."""


def gaussian(n: int, d: int) -> np.ndarray:
    """Standard normal points: most of them matter."""
    return np.random.default_rng(0).standard_normal((n, d))


def heavy(n: int, d: int) -> np.ndarray:
    """Rotated points over four powers of e in width, rows of very different lengths: few of them matter."""
    rng = np.random.default_rng(0)
    points = rng.standard_normal((n, d)) * np.exp(-np.linspace(0, 4, d)) * np.exp(0.5 * rng.standard_normal((n, 1)))
    return points @ np.linalg.qr(rng.standard_normal((d, d)))[0]


def fixed_point(points: np.ndarray, eps: float, limit: int) -> float:
    """The iteration of Cohen, Cousins, Lee and Yang (2019), written plainly; the certificate reached."""
    n, d = points.shape
    weights = np.full(n, 1 / n)
    for _ in range(limit):
        lower = np.linalg.cholesky((points.T * weights) @ points)
        leverages = (solve_triangular(lower, points.T, lower=True) ** 2).sum(axis=0)
        if leverages.max() <= (1 + eps) * d:
            break
        weights *= leverages / d
    return float(leverages.max()) / d - 1


def largest_matrix(points: np.ndarray, solver: str, tolerance: float, white: bool) -> float:
    """Maximise ``log det M`` with ``p_i^T M p_i <= 1`` by cvxpy, of whitened points or as they are; log det reached."""
    lower = np.linalg.cholesky(points.T @ points) if white else np.linalg.norm(points) * np.eye(points.shape[1])
    rows = np.linalg.solve(lower, points.T).T * np.sqrt(len(points))
    n, d = rows.shape
    products = np.einsum("ij,ik->ijk", rows, rows).reshape(n, -1)
    matrix = cp.Variable((d, d), PSD=True)
    problem = cp.Problem(cp.Maximize(cp.log_det(matrix)), [products @ cp.vec(matrix, order="C") <= 1])
    _solve(problem, solver, tolerance)
    return _log_det_around(matrix.value, rows, lower)


def best_design(points: np.ndarray, solver: str, tolerance: float, white: bool) -> float:
    """Maximise ``log det A(u)`` over designs u by cvxpy; log det of the ellipsoid that belongs to it."""
    lower = np.linalg.cholesky(points.T @ points) if white else np.linalg.norm(points) * np.eye(points.shape[1])
    rows = np.linalg.solve(lower, points.T).T * np.sqrt(len(points))
    n, d = rows.shape
    products = np.einsum("ij,ik->ijk", rows, rows).reshape(n, -1)
    weights = cp.Variable(n, nonneg=True)
    objective = cp.log_det(cp.reshape(products.T @ weights, (d, d), order="C"))
    _solve(cp.Problem(cp.Maximize(objective), [cp.sum(weights) == 1]), solver, tolerance)
    if weights.value is None:
        return -np.inf
    return _log_det_around(np.linalg.pinv((rows.T * np.maximum(weights.value, 0)) @ rows), rows, lower)


def lowner_rows(rounds: int = 5, seconds: float = 30.0, small=SMALL, large=LARGE) -> list[dict]:
    """Time `lowner` against its contenders.

    Parameters
    ----------
    rounds : int
        How often each is run; the slow ones less.
    seconds : float
        After so much time a contender is not run again.
    small, large : list of (int, int)
        Numbers of points and dimensions: against cvxpy, and against plain iterations.

    Returns
    -------
    list of dict
        One for each contender: ``item``, ``points``, ``contender``, ``seconds`` and ``ours`` (medians), ``ratio``
        (median over the rounds of its time over ours), ``accuracy`` and ``certificate`` (its own, and ours),
        ``reached`` (whether it came to `EPS`; otherwise the ratio is too small), ``goal`` for the ratio, ``n`` (runs).
    """
    rows = []
    for sizes, contenders in ((small, _fastest_cvxpy), (large, _plain)):
        for n, d in sizes:
            for kind in (gaussian, heavy):
                points = kind(n, d)
                lowner(points)  # warm
                for name, run in contenders(points, seconds).items():
                    rows.append(_compare(points, f"{n} x {d} {kind.__name__}", name, run, rounds, seconds))
    return rows


def _compare(points, label, name, run, rounds, seconds):
    times, accuracy, result = by_turns(run, lambda: lowner(points, EPS), rounds, seconds)
    return {
        "item": "lowner",
        "points": label,
        "contender": name,
        **times,
        "goal": GOALS.get(points.shape[1]),
        "accuracy": accuracy,
        "certificate": result.certificate,
        "reached": accuracy <= EPS,
    }


def _plain(points: np.ndarray, seconds: float) -> dict[str, Callable[[], float]]:
    d = points.shape[1]
    return {
        "plain fixed point": lambda: fixed_point(points, EPS, 1000),
        "plain away steps": lambda: _away(points, 40 * d),
    }


def _away(points: np.ndarray, steps: int) -> float:
    try:
        return lowner(points, EPS, method="away", max_steps=steps).certificate
    except ConvergenceError as error:
        return error.gap


def _fastest_cvxpy(points: np.ndarray, seconds: float) -> dict[str, Callable[[], float]]:
    """The form, solver and tolerance that took the least time to reach `EPS`; one run of each, the loosest first."""
    optimum = np.linalg.slogdet(lowner(points, 1e-9).matrix)[1]
    d, best = points.shape[1], (np.inf, "cvxpy: none reached it", lambda: np.inf)
    for form in (largest_matrix, best_design):
        for solver in ("CLARABEL", "SCS"):
            for white in (True, False):
                for tolerance in TOLERANCES:

                    def run(form=form, solver=solver, tolerance=tolerance, white=white) -> float:
                        reached = form(points, solver, tolerance, white)
                        return float(np.exp((optimum - reached) / d)) - 1 if reached > -np.inf else np.inf

                    start = time.process_time()
                    accuracy = run()
                    took = time.process_time() - start
                    if accuracy <= EPS:
                        name = f"cvxpy {form.__name__}, {solver} {tolerance:g}{', whitened' if white else ''}"
                        best = min(best, (took, name, run), key=lambda found: found[0])
                        break
                    if took > min(seconds, best[0]):  # a tighter tolerance takes longer still
                        break
    return {best[1]: best[2]}


def _solve(problem: cp.Problem, solver: str, tolerance: float) -> None:
    options = {
        "CLARABEL": {"tol_gap_abs": tolerance, "tol_gap_rel": tolerance, "tol_feas": tolerance, "time_limit": 20.0},
        "SCS": {"eps_abs": tolerance, "eps_rel": tolerance, "time_limit_secs": 20.0},
    }[solver]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "may be inaccurate": how accurate is measured here
        try:
            problem.solve(solver=solver, **options)
        except cp.error.SolverError:
            return  # no value, so nothing was reached


def _log_det_around(matrix: np.ndarray | None, rows: np.ndarray, lower: np.ndarray) -> float:
    """Log det of the matrix scaled until all rows fit, in the coordinates of the points; -inf if it is none."""
    if matrix is None or np.linalg.eigvalsh(matrix)[0] <= 0:
        return -np.inf
    n, d = rows.shape
    largest = np.einsum("ij,jk,ik->i", rows, matrix, rows).max()
    return np.linalg.slogdet(matrix)[1] - d * np.log(largest) - 2 * np.linalg.slogdet(lower)[1] + d * np.log(n)
