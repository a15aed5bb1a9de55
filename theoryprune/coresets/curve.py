"""How wrong a layer is with each number of units."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from theoryprune.geometry.arguments import Floats
from theoryprune.measures import kept_count

_CONVEX = 1e-12
"""How far, relative to the largest error, a point may lie above a lower convex hull and still count as on it."""


@dataclass(frozen=True, eq=False)
class ErrorCurve:
    """The error of one channel group by the number of channels kept.

    Parameters
    ----------
    name : str
        The group.
    errors : ndarray, shape (n + 1,)
        The error with 0, 1, ..., n channels: finite, never growing, 0 at the end. (`facility_location` gives such.)
    weight : float
        The factor that turns an error of this group into one of the network's output.
    smallest : int, optional
        The least number of channels; by default ``max(1, ceil(0.02 n))``.
    multiple_of : int
        Fewer than n channels come in multiples of this.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.

    Examples
    --------
    >>> ErrorCurve("conv1", [4, 1, 0.5, 0]).sizes
    (1, 2, 3)
    """

    name: str
    errors: Floats
    weight: float = 1.0
    smallest: int = 0
    multiple_of: int = 1

    def __post_init__(self) -> None:
        """Check and freeze."""
        errors = np.array(self.errors, dtype=np.float64)
        if errors.ndim != 1 or len(errors) < 2:
            raise ValueError(f"errors of '{self.name}' must be n + 1 numbers, n at least 1, got shape {errors.shape}")
        if not (np.isfinite(errors).all() and errors[-1] == 0 and (np.diff(errors) <= 0).all()):
            raise ValueError(f"errors of '{self.name}' must be finite, never grow and end at 0; got {errors}")
        if not (self.weight >= 0 and math.isfinite(self.weight * float(errors[0]))):
            raise ValueError(
                f"the weight of '{self.name}' must not be negative, nor its weighted errors infinite, got "
                f"{self.weight}; divide all weights by the largest"
            )
        errors.setflags(write=False)
        object.__setattr__(self, "errors", errors)
        object.__setattr__(self, "smallest", self.smallest or kept_count(0.02, self.size))
        for key, most in (("smallest", self.size), ("multiple_of", math.inf)):
            value = getattr(self, key)
            if isinstance(value, bool) or not isinstance(value, int | np.integer):
                raise TypeError(f"{key} of '{self.name}' must be an int, got {value!r}")
            if not 1 <= value <= most:
                raise ValueError(f"{key} of '{self.name}' must be at least 1 and at most {most}, got {value}")

    @property
    def size(self) -> int:
        """N, the number of channels."""
        return len(self.errors) - 1

    @property
    def sizes(self) -> tuple[int, ...]:
        """The numbers of channels that may be kept, ascending; the last is all."""
        first = -(-self.smallest // self.multiple_of) * self.multiple_of
        return (*range(first, self.size, self.multiple_of), self.size)

    def error(self, kept: int) -> float:
        """The weighted error with `kept` channels."""
        return self.weight * float(self.errors[kept])


def hull(curve: ErrorCurve, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the sizes at which a curve touches its lower convex hull over `sizes`, ascending.

    Notes
    -----
    Andrew's monotone chain; points on the hull up to rounding belong to it. Cost: linear.
    """
    scale = float(curve.errors[sizes[0]])
    kept: list[int] = []
    for size in sizes:
        while len(kept) > 1 and _above(curve.errors, kept[-2], kept[-1], size, scale):
            kept.pop()
        kept.append(size)
    return tuple(kept)


def _above(errors: Floats, left: int, middle: int, right: int, scale: float) -> bool:
    share = (middle - left) / (right - left)
    chord = (1 - share) * float(errors[left]) + share * float(errors[right])
    return float(errors[middle]) > chord + _CONVEX * scale
