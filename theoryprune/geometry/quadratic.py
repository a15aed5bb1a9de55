"""A concave quadratic over a box without a roof, climbed along its faces by conjugate gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from theoryprune.geometry.arguments import Floats, Indices


def climb(
    product: Callable[[Floats], Floats],
    slope: Floats,
    floor: Floats,
    reached: Callable[[Floats], bool],
    limit: int,
) -> Floats:
    """Raise ``slope @ v - v @ H @ v / 2`` over ``v >= floor``, starting at 0, until `reached` says so.

    Parameters
    ----------
    product : callable
        ``v -> H @ v`` for a positive semidefinite H, best with a unit diagonal, since nothing else preconditions.
    slope : ndarray, shape (m,)
        The gradient at 0.
    floor : ndarray, shape (m,)
        Not above 0.
    reached : callable
        Told the gradient ``slope - H @ v``, whether that is good enough.
    limit : int
        Of products; after it the best found so far is returned.

    Returns
    -------
    ndarray, shape (m,)
        Feasible; its value is above 0, that of the start, unless the start is `reached` or a maximum.

    Notes
    -----
    Conjugate gradients over the coordinates that are off the floor or pushed away from it, until one of them would
    fall through it. Then the better of two ways: up to the floor, which always leads up and leaves one coordinate
    more on the floor, or on through it and back to it by projection, which leaves many there (after Moré and Toraldo
    1991, *On the solution of large quadratic programming problems with bound constraints*). H may be singular on a
    face, and the value unbounded there; over the box it must be bounded. Cost: `limit` products and a few.
    """
    v, image = np.zeros_like(slope), np.zeros_like(slope)
    value, used = 0.0, 0
    while used < limit:
        left = slope - image
        free = (v > floor) | (left > 0)
        if reached(left) or not (left[free] != 0).any():
            break
        inside, beyond, hit, products = _along_face(product, np.where(free, left, 0.0), floor - v, free)
        used += products
        trial, trial_image = np.maximum(v + inside[0], floor), image + inside[1]
        trial[hit] = floor[hit]  # not above it by a rounding error, which would be a face of no extent
        height = float(slope @ trial - trial @ trial_image / 2)
        for through in () if beyond is None else (beyond, beyond / 4):
            projected = np.maximum(v + through, floor)
            projected_image, used = product(projected), used + 1
            reach = float(slope @ projected - projected @ projected_image / 2)
            if reach > height:
                trial, trial_image, height = projected, projected_image, reach
                break
        if height <= value:  # rounding
            break
        v, image, value = trial, trial_image, height
    return v


def _along_face(
    product: Callable[[Floats], Floats], left: Floats, lowest: Floats, free: NDArray[np.bool_]
) -> tuple[tuple[Floats, Floats], Floats | None, Indices, int]:
    """Go until the gradient on the face falls tenfold, or the next iterate leaves the box.

    Returns the last way within the box with its image, the way to the iterate outside if there is one, the coordinates
    that reached the floor, and how many products it took.
    """
    nowhere = np.empty(0, np.int64)
    way, image, products = np.zeros_like(left), np.zeros_like(left), 0
    direction, square = left.copy(), float(left @ left)
    goal = 1e-2 * square
    while square > goal and products < 50:
        bend = product(direction)
        products += 1
        curvature = float(direction @ bend)
        step = square / curvature if curvature > 1e-14 * float(direction @ direction) else np.inf
        down = np.flatnonzero(free & (direction < 0))
        lengths = (lowest[down] - way[down]) / direction[down]
        longest = float(lengths.min(initial=np.inf))
        if longest <= step:
            if longest == np.inf:  # no slope, up to rounding
                break
            inside = way + longest * direction, image + longest * bend
            return inside, way + step * direction if step < np.inf else None, down[lengths <= longest], products
        way += step * direction
        image += step * bend
        left = left - step * np.where(free, bend, 0.0)
        before, square = square, float(left @ left)
        direction = left + square / before * direction
    return (way, image), None, nowhere, products
