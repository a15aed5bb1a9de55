"""From gains to errors: inputs of bounded length, and boxes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.bounds.gains import GainBounds
from theoryprune.bounds.rounding import Floats, norm_up, up


def box_radius(low: ArrayLike, high: ArrayLike) -> float:
    """Return the radius about 0 of the ball around a box, rounded up; loose, as the corners are few."""
    lowest, highest = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    if lowest.shape != highest.shape or not (lowest <= highest).all() or not np.isfinite(highest - lowest).all():
        raise ValueError("low and high must be finite, of one shape, low <= high")
    return norm_up(np.maximum(np.abs(lowest), np.abs(highest)).ravel())


def ball_error(
    gains: GainBounds, separate: GainBounds | None, constant: GainBounds | None, radius: float, tau: float | None
) -> float:
    """The lesser of the two bounds on a ball, rounded up."""
    if separate is None or constant is None or tau is None:
        return up(gains.best * radius)
    joint = up(gains.best * float(np.hypot(radius, tau)), terms=4)
    return min(joint, up(separate.best * radius + constant.best * tau, terms=4))


def onto_sphere(point: Floats, radius: float) -> Floats:
    """A point of norm at most the radius, strictly, along the same ray."""
    length = float(np.linalg.norm(point / np.abs(point).max())) * float(np.abs(point).max()) if point.any() else 1.0
    return point * (radius / length * (1 - 1e-12)) if point.any() else point
