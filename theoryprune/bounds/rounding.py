"""Float64 results turned into proved bounds: every helper rounds outward, and an exact zero stays zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

UNIT = 2.0**-53
"""The unit roundoff u of float64: a rounded operation is exact up to a factor ``1 + t``, ``|t| <= u``."""


def gamma(count: int) -> float:
    """Return an upper bound of ``k u / (1 - k u)``, the relative error of k roundings in a row.

    Raises
    ------
    ValueError
        If ``k u`` is not far below 1, where the bound means nothing.

    Notes
    -----
    Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., lemma 3.1. A dot product of length k is exact up
    to ``gamma(k) |x| . |y|`` in any order of summation.
    """
    share = count * UNIT
    if not 0 <= share < 0.01:
        raise ValueError(f"count must be between 0 and 1e13, got {count}")
    return share / (1 - share) * (1 + 8 * UNIT)


def up(value: float, terms: int = 1) -> float:
    """Return a number above the true one, for a non-negative value computed with so many operations.

    Notes
    -----
    ``value (1 + 8 terms u)``, one number further up; 0 stays 0, so the caller must know that 0 is exact. Overflow gives
    infinity.
    """
    if value == 0:
        return 0.0
    with np.errstate(over="ignore"):  # an infinite bound is true, and says that nothing is known
        return float(np.nextafter(np.float64(value) * (1 + 8 * terms * UNIT), np.inf))


def product_up(first: Floats, second: Floats) -> Floats:
    """Return entrywise products rounded up; zero only where a factor is zero, for an underflow is rounded up too."""
    with np.errstate(over="ignore", invalid="ignore"):  # 0 times infinity counts as 0: such a factor is exact
        products = np.nextafter(first * second * (1 + 4 * UNIT), np.inf)
    return np.where((first == 0) | (second == 0), 0.0, products)


def sum_up(values: Floats) -> float:
    """Return a sum of non-negative numbers, rounded up."""
    return up(float(values.sum()), terms=len(values) + 1)


def exponents(matrix: Floats, axis: int | None = None) -> NDArray[np.int64]:
    """Return e with the largest entry in ``[2**(e-1), 2**e)``, of the whole or along an axis; 0 for zeros."""
    largest = np.abs(matrix).max(axis=axis, initial=0.0)
    return np.asarray(np.frexp(largest)[1], dtype=np.int64)


def shared_exponent(*matrices: Floats) -> int:
    """Return e with the largest entry of all in ``[2**(e-1), 2**e)``; 0 if all are zeros."""
    return int(exponents(np.array([np.abs(matrix).max(initial=0.0) for matrix in matrices])))


def row_norms_up(matrix: Floats) -> Floats:
    """Return upper bounds of the l2 norms of the rows; 0 only for a row of zeros.

    Parameters
    ----------
    matrix : ndarray, shape (k, d)

    Notes
    -----
    Each row is first scaled by a power of two to largest entry about 1, so no square overflows, and what underflows is
    far below the allowance ``8 (d + 2) u``. Cost O(k d).
    """
    scale = exponents(matrix, axis=1)
    scaled = np.ldexp(matrix, -scale[:, None])
    norms = np.sqrt(np.einsum("ij,ij->i", scaled, scaled)) * (1 + 8 * (matrix.shape[1] + 2) * UNIT)
    with np.errstate(over="ignore"):
        raised = np.nextafter(np.ldexp(norms, scale), np.inf)
    return np.where(norms == 0, 0.0, raised)


def norm_up(values: Floats) -> float:
    """Return an upper bound of the l2 norm of all entries (the Frobenius norm of a matrix)."""
    return float(row_norms_up(values.reshape(1, -1))[0])


def norm_down(vector: Floats) -> float:
    """Return a lower bound of the l2 norm, scaled as in `row_norms_up`."""
    scale = int(exponents(vector))
    scaled = np.ldexp(vector, -scale)
    norm = float(np.sqrt(scaled @ scaled)) * (1 - 8 * (len(vector) + 2) * UNIT)
    return max(0.0, scale_down(norm, scale))


def scale_down(value: float, exponent: int) -> float:
    """Return a number of at least 0 below ``value * 2**exponent``, for ``value >= 0``."""
    with np.errstate(over="ignore"):
        scaled = float(np.ldexp(value, exponent))
    exact = np.isfinite(scaled) and float(np.ldexp(scaled, -exponent)) == value
    return scaled if exact else max(0.0, float(np.nextafter(scaled, -np.inf)))


def scale_up(value: float, exponent: int) -> float:
    """Return ``value * 2**exponent``, rounded up where it underflows; infinity where it overflows."""
    with np.errstate(over="ignore"):
        scaled = float(np.ldexp(value, exponent))
    return scaled if float(np.ldexp(scaled, -exponent)) == value else float(np.nextafter(scaled, np.inf))
