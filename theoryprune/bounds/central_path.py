"""Newton's method along the central path of ``minimise g subject to F(g, T) >= 0``, given the barrier of F."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from theoryprune.bounds.rounding import Floats

_GROWTH = 3.0  # of the barrier parameter between centrings
_CENTRED = 0.5  # squared Newton decrement at which the next one starts


class Program(Protocol):
    """A linear matrix inequality in ``(g, T)``."""

    def inverse(self, point: Floats) -> Any:
        """F^-1, in whatever form `derivatives` reads; None outside the cone."""

    def barrier(self, point: Floats, t: float) -> float:
        """The barrier ``t g - log det F``, infinity outside the cone."""

    def derivatives(self, inverse: Any, t: float) -> tuple[Floats, Floats]:
        """Gradient and Hessian of the barrier in (g, T)."""


@dataclass(frozen=True, eq=False)
class Sector:
    """Multipliers near the optimum.

    Parameters
    ----------
    multipliers : ndarray, shape (k,)
        T.
    gap : float
        Estimated distance of the square from the least one, relative: N over the barrier parameter.
    steps : int
        Newton steps taken.
    """

    multipliers: Floats
    gap: float
    steps: int


def follow_path(program: Program, point: Floats, size: int, tol: float, max_steps: int) -> Sector:
    """Minimise g from a point inside the cone.

    Parameters
    ----------
    program : Program
    point : ndarray, shape (1 + k,)
        (g, T).
    size : int
        N, the rows of F: on the central path g is within ``N / t`` of the optimum.
    tol : float
        Relative, for g.
    max_steps : int
        Newton steps at most; the multipliers are valid after each.

    Notes
    -----
    The first parameter t makes the derivative in g vanish. The gap is infinite if no step could be taken at all.
    """
    inverse = program.inverse(point)
    if inverse is None:
        return Sector(point[1:], float("inf"), 0)
    t, steps = -float(program.derivatives(inverse, 0.0)[0][0]), 0
    while steps < max_steps and inverse is not None:
        gradient, hessian = program.derivatives(inverse, t)
        try:
            direction = cho_solve(cho_factor(hessian, check_finite=False), -gradient, check_finite=False)
        except LinAlgError:
            break
        decrement = float(-(gradient @ direction))
        if decrement < _CENTRED:
            if size / t <= tol * point[0]:
                break
            t *= _GROWTH
            continue
        moved = _moved(program, point, direction, t, decrement)
        if moved is None:
            break
        point, inverse, steps = moved, program.inverse(moved), steps + 1
    return Sector(point[1:], size / t / float(point[0]), steps)


def _moved(program: Program, point: Floats, direction: Floats, t: float, decrement: float) -> Floats | None:
    """The point after a step that decreases the barrier; None if rounding leaves no such step."""
    # The first step is inside the cone and decreases a self-concordant barrier; longer ones often do better.
    best, step = program.barrier(point, t), 1 / (1 + np.sqrt(decrement))
    found: Floats | None = None
    while (value := program.barrier(trial := point + step * direction, t)) < best:
        best, found, step = value, trial, 1.6 * step
    return found
