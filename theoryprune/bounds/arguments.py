"""Checks at the boundary: what comes in is finite float64 of the right shape, or an error says why not."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.bounds.fold import Indices
from theoryprune.bounds.rounding import Floats


def as_reals(values: ArrayLike, name: str, shape: tuple[int | None, ...]) -> Floats:
    """Return a finite float64 copy of this shape, None standing for any length.

    Raises
    ------
    ValueError
        For another shape, or entries that are not real and finite.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} must be real numbers, got dtype {array.dtype}")
    given, array = array, array.astype(np.float64)
    whole = given.dtype.kind in "iu"
    rounded = (given > 2**53) | (given < -(2**53)) if whole else (array != given) & (given == given)
    if rounded.any():
        raise ValueError(f"{name} must hold numbers that float64 does, but {int(rounded.sum())} would be rounded")
    fits = array.ndim == len(shape) and all(want in (None, got) for want, got in zip(shape, array.shape, strict=True))
    if not fits:
        wanted = ", ".join("any" if side is None else str(side) for side in shape)
        raise ValueError(f"{name} must have shape ({wanted}), got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, but {int((~np.isfinite(array)).sum())} entries are NaN or infinite")
    return array


def as_slopes(slope: ArrayLike, count: int) -> Floats:
    """Return one slope in [0, 1] for each unit, from a number or a vector.

    Raises
    ------
    ValueError
        For a slope outside [0, 1] or a vector of another length.
    """
    given = np.asarray(slope)
    slopes = as_reals(np.broadcast_to(given, (count,)) if given.ndim == 0 else given, "slope", (count,))
    if slopes.min() < 0 or slopes.max() > 1:
        raise ValueError(f"slope must lie in [0, 1], got {slopes.min()} to {slopes.max()}")
    return slopes


def as_kept_units(kept: ArrayLike, count: int) -> Indices:
    """Return the indices of the kept units, strictly increasing.

    Raises
    ------
    TypeError
        If they are no integers.
    ValueError
        If there are none, one is out of range, or they are not sorted.
    """
    chosen = np.asarray(kept)
    if chosen.ndim != 1 or (chosen.size and chosen.dtype.kind not in "iu"):
        raise TypeError(f"kept must be a vector of integers, got {chosen.dtype} of shape {chosen.shape}")
    if not len(chosen) or chosen[0] < 0 or chosen[-1] >= count or (np.diff(chosen.astype(np.int64)) <= 0).any():
        raise ValueError(f"kept must be strictly increasing indices in [0, {count}), at least one: sort them first")
    return chosen.astype(np.int64)


def check_radius(radius: float | None) -> None:
    """Raise ValueError unless a ball, if there is one, has a radius that is positive and finite."""
    if radius is not None and not 0 < radius < np.inf:
        raise ValueError(f"radius must be positive and finite, got {radius}")


def power_of_two(tau: float) -> float:
    """Return the power of two nearest to a positive number.

    Raises
    ------
    ValueError
        If it is not positive and finite.
    """
    if not 0 < tau < np.inf:
        raise ValueError(f"tau must be positive and finite, got {tau}")
    return float(2.0 ** np.clip(np.round(np.log2(tau)), -1000, 960))


def divided(values: Floats, step: float, name: str) -> Floats:
    """Return ``values / step`` for a power of two, exact.

    Raises
    ------
    ValueError
        If a quotient leaves the range of float64.
    """
    with np.errstate(over="ignore"):
        quotient: Floats = values / step
    if not (quotient * step == values).all():
        raise ValueError(f"{name} divided by tau = {step} is not exact in float64: take another tau")
    return quotient


def as_fold(
    assignment: ArrayLike | None, multipliers: ArrayLike | None, kept: Indices, slopes: Floats
) -> tuple[Indices, Floats]:
    """Return a checked fold: for each unit a kept unit and a multiplier, 1 and itself for the kept ones.

    Raises
    ------
    ValueError
        If only one of the two is given, a multiplier is negative, a unit goes to a pruned one, to one of another
        slope with a positive multiplier, or a kept unit is not left alone.
    """
    n = len(slopes)
    if assignment is None or multipliers is None:
        raise ValueError("assignment and multipliers must be given together, one entry for each unit")
    target, factors = np.asarray(assignment), as_reals(multipliers, "multipliers", (n,))
    served = factors > 0
    if target.shape != (n,) or target.dtype.kind not in "iu" or not np.isin(target[served], kept).all():
        raise ValueError(f"assignment must be a vector of {n} indices of kept units, any where the multiplier is 0")
    target = np.where(served, target, -1).astype(np.int64)
    if (factors < 0).any():
        raise ValueError(f"multipliers must not be negative, got {factors.min()}")
    if (target[kept] != kept).any() or (factors[kept] != 1).any():
        raise ValueError("a kept unit must be assigned to itself with multiplier 1")
    if (slopes[target[served]] != slopes[served]).any():
        raise ValueError("a unit can only be folded into one of equal slope")
    return target, factors
