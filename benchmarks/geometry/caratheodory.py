"""How fast `caratheodory` is against the published divide and conquer, in interleaved runs, and how exact both are."""

import numpy as np

from benchmarks.geometry.published_caratheodory import published_caratheodory
from benchmarks.geometry.turns import by_turns
from theoryprune import geometry

SIZES = [(n, d) for n in (100_000, 1_000_000) for d in (10, 30, 100)]
GOAL = 5
"""Times faster."""


def caratheodory_rows(rounds: int = 5, seconds: float = 60.0, sizes: list[tuple[int, int]] = SIZES) -> list[dict]:
    """Time both on standard normal points with random weights.

    Parameters
    ----------
    rounds : int
        How often each is run, by turns.
    seconds : float
        After so much time of the published procedure on one size, no further round is begun.
    sizes : list of (int, int)
        Numbers of points, and dimensions.

    Returns
    -------
    list of dict
        As of `benchmarks.geometry.lowner.lowner_rows`, with the errors of `error` for the accuracies; and ``left``, how
        many points each leaves.
    """
    return [_measure(n, d, rounds, seconds) for n, d in sizes]


def _measure(n: int, d: int, rounds: int, seconds: float) -> dict:
    rng = np.random.default_rng(0)
    points, weights = rng.standard_normal((n, d)), rng.random(n) + 1e-3
    geometry.caratheodory(points[: 100 * d], weights[: 100 * d])  # warm
    times, published, found = by_turns(
        lambda: published_caratheodory(points, weights), lambda: geometry.caratheodory(points, weights), rounds, seconds
    )
    return {
        "item": "caratheodory",
        "points": f"{n} x {d}",
        "contender": "published procedure",
        **times,
        "goal": GOAL,
        "accuracy": error(points, weights, *published),
        "certificate": error(points, weights, *found),
        "reached": len(published[0]) <= d + 1,
        "left": [len(published[0]), len(found[0])],
    }


def error(points: np.ndarray, weights: np.ndarray, indices: np.ndarray, new: np.ndarray) -> float:
    """The largest error of a sum, relative to the sum of absolute values; infinite if a weight is not positive."""
    if not (new > 0).all():
        return np.inf
    magnitude = np.append(weights @ np.abs(points), weights.sum())
    off = np.append(new @ points[indices], new.sum()) - np.append(weights @ points, weights.sum())
    return float((np.abs(off) / magnitude).max())
