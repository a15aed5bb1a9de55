"""Checks at the boundary of the room: what comes in is finite float64 of the right shape, or an error says why not."""

from __future__ import annotations

from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Seed = int | np.random.Generator


def as_points(points: ArrayLike, name: str = "points") -> Floats:
    """Return points as rows of a float64 matrix; the input is never written to.

    Raises
    ------
    ValueError
        If there is no row or no column, another number of axes than two, or an entry that is NaN, infinite or complex.
    """
    return require_finite(as_matrix(points, name), name)


def as_matrix(points: ArrayLike, name: str = "points") -> Floats:
    """Return what `as_points` does, for a caller that finds entries that are not finite by itself.

    Raises
    ------
    ValueError
        For the shape and the type.
    """
    matrix = _as_real(points, name)
    if matrix.ndim != 2:
        raise ValueError(
            f"{name} must be a matrix with one point in each row, got {matrix.ndim} axes, shape {matrix.shape}; "
            f"a single point p is {name}=[p]"
        )
    if 0 in matrix.shape:
        raise ValueError(f"{name} must hold at least one point of at least one coordinate, got shape {matrix.shape}")
    return matrix


def as_weights(weights: ArrayLike, count: int, name: str = "weights") -> Floats:
    """Return non-negative weights, one for each point, that are not all zero, as float64.

    Raises
    ------
    ValueError
        If there are not `count` of them, one is NaN, infinite or negative, or they add up to 0 or beyond float64.
    """
    vector = as_vector(weights, count, name)
    if count and float(vector.min()) < 0:
        raise ValueError(f"{name} must not be negative, got {float(vector.min()):.6g} at {int(vector.argmin())}")
    with np.errstate(over="ignore"):
        total = float(vector.sum())
    if not 0 < total < np.inf:
        raise ValueError(f"{name} must have a positive, finite sum, got {total:.6g}")
    return vector


def as_vector(vector: ArrayLike, count: int, name: str) -> Floats:
    """Return `count` finite numbers as float64.

    Raises
    ------
    ValueError
        If the length is another, or an entry is NaN, infinite or complex.
    """
    array = _as_real(vector, name)
    if array.shape != (count,):
        raise ValueError(f"{name} must have shape ({count},), got {array.shape}")
    return require_finite(array, name)


def as_indices(indices: ArrayLike, count: int, name: str = "indices") -> Indices:
    """Return positions of rows as int64; none at all is allowed.

    Raises
    ------
    ValueError
        If they are no integers, or one is out of range.
    """
    chosen = np.asarray(indices)
    if chosen.size and (chosen.dtype.kind not in "iu" or chosen.ndim != 1):
        raise ValueError(f"{name} must be a vector of integers, got {chosen.dtype} of shape {chosen.shape}")
    if chosen.size and not (0 <= int(chosen.min()) <= int(chosen.max()) < count):
        raise ValueError(f"{name} must lie in [0, {count}), got {int(chosen.min())} to {int(chosen.max())}")
    return chosen.astype(np.int64).ravel()


def as_choice(indices: ArrayLike, count: int, name: str = "indices") -> Indices:
    """Return what `as_indices` does: at least one position, and none twice.

    Raises
    ------
    ValueError
        If they are anything else.
    """
    chosen = as_indices(indices, count, name)
    if not len(chosen) or len(np.unique(chosen)) < len(chosen):
        raise ValueError(f"{name} must be at least one index, and none twice, got {indices!r}")
    return chosen


def as_positive(value: float, name: str) -> float:
    """Return a positive, finite number.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it is anything else.
    """
    if not 0 < _as_number(value, name) < np.inf:
        raise ValueError(f"{name} must be positive and finite, got {value}")
    return float(value)


def as_share(value: float, name: str) -> float:
    """Return a number in [0, 1].

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it is anything else.
    """
    if not 0 <= _as_number(value, name) <= 1:
        raise ValueError(f"{name} must lie in [0, 1], got {value}")
    return float(value)


def as_delta(delta: float) -> float:
    """Return a probability of failure: in (0, 1), for at its ends a theorem says nothing.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it is anything else.
    """
    if not 0 < _as_number(delta, "delta") < 1:
        raise ValueError(f"delta must be a probability in (0, 1), got {delta}")
    return float(delta)


def as_count(value: int, name: str, least: int = 1, most: float = np.inf) -> int:
    """Return an integer from `least` to `most`.

    Raises
    ------
    TypeError
        If it is no integer.
    ValueError
        If it is out of this range.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if not least <= value <= most:
        rule = f"at least {least}" if most == np.inf else f"in [{least}, {most}]"
        raise ValueError(f"{name} must be {rule}, got {value}")
    return int(value)


def as_generator(seed: Seed) -> np.random.Generator:
    """Return the generator itself, or a new one from an integer seed.

    Raises
    ------
    TypeError
        If it is neither: nothing is drawn from a global state.
    """
    if isinstance(seed, np.random.Generator):
        return seed
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise TypeError(f"seed must be an integer or a numpy.random.Generator, got {type(seed).__name__}")
    return np.random.default_rng(seed)


def _as_number(value: float, name: str) -> float:
    if not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {value!r}")
    return float(value)


def _as_real(values: ArrayLike, name: str) -> Floats:
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} must be real numbers, got dtype {array.dtype}")
    return array.astype(np.float64, copy=False)


def require_finite(array: Floats, name: str) -> Floats:
    """Return the array itself.

    Raises
    ------
    ValueError
        If an entry is NaN or infinite.
    """
    # A sum is NaN or infinite if an entry is, without an array of flags; then look closer, for it may have overflowed.
    with np.errstate(over="ignore", invalid="ignore"):
        suspicious = not np.isfinite(array.sum())
    if suspicious and not np.isfinite(array).all():
        bad = int((~np.isfinite(array)).sum())
        first = tuple(int(i[0]) for i in np.nonzero(~np.isfinite(array)))
        raise ValueError(f"{name} must be finite, but {bad} entries are NaN or infinite, the first at {first}")
    return array
