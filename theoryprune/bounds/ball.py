"""From gains to errors: inputs of bounded length, and boxes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.bounds.gain_bounds import GainBounds
from theoryprune.bounds.rounding import UNIT, Floats, norm_up, product_up, up


def box_radius(low: ArrayLike, high: ArrayLike) -> float:
    """Return the radius about 0 of the ball around a box, rounded up; loose, as the corners are few."""
    lowest, highest = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    if lowest.shape != highest.shape or not (lowest <= highest).all() or not np.isfinite(highest - lowest).all():
        raise ValueError("low and high must be finite, of one shape, low <= high")
    return norm_up(np.maximum(np.abs(lowest), np.abs(highest)).ravel())


def ball_error(
    gains: GainBounds, separate: GainBounds | None, constant: GainBounds | None, radius: float, tau: float | None
) -> float:
    """The lesser of the two bounds on a ball, rounded up: 0 only where the gains are."""
    if separate is None or constant is None or tau is None:
        return _times(gains.best, radius)
    with np.errstate(over="ignore"):
        length = up(float(np.hypot(radius, tau)))
    joint = _times(gains.best, length)
    return min(joint, up(_times(separate.best, radius) + _times(constant.best, tau)))


def onto_sphere(point: Floats, radius: float) -> Floats:
    """A point of norm at most the radius, strictly, along the same ray; the origin for the smallest of radii."""
    if not point.any():
        return point
    direction = point / np.abs(point).max()
    shrunk = radius * (1 - 1e-12 - 32 * point.size * UNIT)
    moved = direction * (shrunk / float(np.linalg.norm(direction)))
    return moved if norm_up(moved) <= radius else np.zeros_like(point)


def _times(first: float, second: float) -> float:
    return float(product_up(np.array([first]), np.array([second]))[0])
