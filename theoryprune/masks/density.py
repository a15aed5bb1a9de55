"""From a density to an exact count of weights."""

from __future__ import annotations

from math import ceil
from numbers import Real


def check_density(density: float) -> float:
    """Return `density` as a float, or raise if it is no fraction in (0, 1].

    Raises
    ------
    TypeError
        If it is no number (bools are none).
    ValueError
        If it is NaN, out of range, or looks like a percentage or a count.

    Examples
    --------
    >>> check_density(95)
    Traceback (most recent call last):
    ValueError: density must be in (0, 1], got 95; did you mean 0.95?
    """
    if isinstance(density, bool) or not isinstance(density, Real):
        raise TypeError(f"density must be a number in (0, 1], got {density!r}")
    value = float(density)
    if not 0 < value <= 1:
        hint = f"; did you mean {value / 100:g}?" if 2 <= value <= 100 else ""
        raise ValueError(f"density must be in (0, 1], got {density}{hint}")
    return value


def kept_count(density: float, total: int) -> int:
    """Return how many of `total` weights a density keeps: the least count not below it, and at least 1.

    Notes
    -----
    ``max(1, ceil(density * total))``, the published count, with a guard against products that rounding lifts just
    above an integer.

    Examples
    --------
    >>> kept_count(0.9, 10), kept_count(0.9, 1000), kept_count(1e-17, 10)
    (9, 900, 1)
    """
    return max(1, ceil(density * total - 1e-9 - 1e-12 * total))
