"""Products of points with a direction, each rounded once: where they cancel, every digit counts."""

from __future__ import annotations

from math import frexp, fsum

import numpy as np

from theoryprune.geometry.arguments import Floats

_SPLIT = 2.0**27 + 1


def share_of_sum(points: Floats, direction: Floats) -> float:
    """Return ``|sum_j p_j . x| / sum_j |p_j . x|`` to a few rounding units, 0 if all products are 0.

    Parameters
    ----------
    points : ndarray, shape (n, d)
    direction : ndarray, shape (d,)

    Returns
    -------
    float

    Notes
    -----
    In plain arithmetic, an x nearly orthogonal to all points has products of rounding errors, whose share is anything.
    Here every product of two entries is a sum of two floats (Dekker 1971, with Veltkamp's splitting), and these are
    added exactly; points and direction are scaled by powers of two only. Cost O(n d), a sum in Python for each point.
    """
    rows, x = _scaled(points), _scaled(direction)
    product = rows * x
    (rows, low), (x, rest) = halves(rows), halves(x)
    lost = low * rest - (((product - rows * x) - low * x) - rows * rest)
    sums = np.array([fsum(terms) for terms in np.hstack([product, lost])])
    whole = fsum(np.abs(sums))
    return abs(fsum(np.concatenate([product, lost]).ravel())) / whole if whole > 0 else 0.0


def _scaled(values: Floats) -> Floats:
    return np.ldexp(values, -frexp(float(np.abs(values).max()))[1])


def halves(values: Floats) -> tuple[Floats, Floats]:
    """Split numbers into two parts of 26 digits each, whose products are exact (Veltkamp)."""
    large = _SPLIT * values
    high = large - (large - values)
    return high, values - high
