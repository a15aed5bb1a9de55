"""Holding what is stated against what is found: amounts with different powers of two, and the error that says so."""

from __future__ import annotations

from math import inf, ldexp

from theoryprune.errors import CertificateError


def at_exponent(value: float, exponent: int, base: int) -> float:
    """Return ``value * 2**exponent`` in units of ``2**base``: infinite where that is too large, 0 where too small.

    Examples
    --------
    >>> at_exponent(0.5, 3, 1), at_exponent(0.5, 5000, 0), at_exponent(0.5, -5000, 0)
    (2.0, inf, 0.0)
    """
    try:
        return ldexp(value, exponent - base)
    except OverflowError:
        return inf


def distance(first: float, second: float, scale: float) -> float:
    """Return ``|first - second| / scale``, and 0 where all is 0.

    Examples
    --------
    >>> distance(3.0, 2.0, 4.0), distance(0.0, 0.0, 0.0), distance(1.0, 0.0, 0.0)
    (0.25, 0.0, inf)
    """
    gap = abs(first - second)
    if gap == 0:
        return 0.0
    return gap / scale if scale > 0 else inf


def require(holds: bool, where: str, field: str, stated: object, found: object) -> None:
    """Raise `CertificateError`, naming row and field, unless `holds`."""
    if not holds:
        raise CertificateError(f"{where}: '{field}' is stated as {stated}, but {found}; the certificate is void")
