"""A square that was computed for multipliers, and the gain a little above its root that float64 proves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from theoryprune.bounds.rounding import Floats, up

_EXCESSES = [10.0**power for power in range(-10, -5)]


def first_proved(
    sectors: Sequence[Floats], square_of: Callable[[Floats], float], holds: Callable[[Floats, float], bool]
) -> tuple[float, Floats | None]:
    """Return the gain of the best multipliers that a proof accepts, and these; infinity and None if there are none.

    Parameters
    ----------
    sectors : sequence of ndarray, shape (k,)
        Multipliers T to try.
    square_of : callable
        The squared gain that T proves in exact arithmetic, as computed.
    holds : callable
        Whether float64 proves a squared gain for T.

    Notes
    -----
    Each is tried with the square 1e-10 above the computed one, then ten times further four times, so the gain is at
    most 5e-7 above.
    """
    squares = [square_of(sector) for sector in sectors]
    for place in np.argsort(squares):
        for excess in _EXCESSES:
            bound = squares[place] * (1 + excess)
            if holds(sectors[place], bound):
                return up(float(np.sqrt(bound)), terms=2), sectors[place]
    return float("inf"), None
