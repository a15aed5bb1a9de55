"""Density, sparsity and compression: what is asked for, in the words of the field, validated once."""

from __future__ import annotations

import math
from decimal import Decimal
from numbers import Real


def check_density(density: float) -> float:
    """Return `density` as a float, or say why it is none.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it does not lie in (0, 1].

    Examples
    --------
    >>> check_density(95)
    Traceback (most recent call last):
    ValueError: density must be in (0, 1], got 95; did you mean 0.95?
    """
    return check_fraction("density", density)


def check_fraction(name: str, fraction: float) -> float:
    """Return a fraction kept, the argument `name`, as a float, or say why it is none.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it does not lie in (0, 1].

    Examples
    --------
    >>> check_fraction("macs", 50)
    Traceback (most recent call last):
    ValueError: macs must be in (0, 1], got 50; did you mean 0.5?
    """
    value = _number(name, fraction)
    if not 0 < value <= 1:
        raise ValueError(f"{name} must be in (0, 1], got {fraction}{_as_fraction(value)}")
    return value


def kept_count(density: float, total: int) -> int:
    """Return how many of `total` weights a density keeps: the least count not below it up to rounding, at least 1.

    Notes
    -----
    ``max(1, ceil(density * total))``, the published count, with a guard against products that rounding lifts just
    above an integer: they count as that integer up to ``1e-9 + 1e-12 total``.

    Examples
    --------
    >>> kept_count(0.9, 10), kept_count(0.9, 1000), kept_count(1e-17, 10)
    (9, 900, 1)
    """
    return max(1, math.ceil(density * total - 1e-9 - 1e-12 * total))


def density_from_sparsity(sparsity: float) -> float:
    """Return ``1 - sparsity``, the fraction kept, rounded from the decimal digits given.

    Raises
    ------
    TypeError, ValueError
        If `sparsity`, the fraction removed, is no number in [0, 1).

    Examples
    --------
    >>> density_from_sparsity(0.9), 1 - 0.9
    (0.1, 0.09999999999999998)
    """
    value = _number("sparsity", sparsity)
    if not 0 <= value < 1:
        raise ValueError(f"sparsity must be in [0, 1), got {sparsity}{_as_fraction(value)}")
    return float(1 - Decimal(repr(value)))


def density_from_compression(compression: float) -> float:
    """Return ``1 / compression``, where compression is the number of prunable weights over that of kept ones.

    Raises
    ------
    TypeError, ValueError
        If `compression` is no finite number of at least 1.

    Examples
    --------
    >>> density_from_compression(100)
    0.01
    """
    value = _number("compression", compression)
    if not 1 <= value < math.inf:
        hint = f"; did you mean {1 / value:.6g} (which is density {value:g})?" if 0 < value < 1 else ""
        raise ValueError(f"compression must be finite and at least 1, got {compression}{hint}")
    return 1 / value


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {value!r} of type {type(value).__name__}")
    return float(value)


def _as_fraction(value: float) -> str:
    """Guess that a large number was a percentage."""
    return f"; did you mean {float(Decimal(repr(value)) / 100):g}?" if 2 <= value < 100 else ""
