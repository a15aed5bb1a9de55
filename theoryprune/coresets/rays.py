"""Rows as rays from the origin: how far each row is from the nonnegative multiples of another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from theoryprune.geometry.arguments import Floats, Indices

_NEAR = 1e-8
"""Where the cosine is so close to 1, the sine comes from a difference: the square root of ``1 - c^2`` has lost it."""
_NUMBERS = 2**22
"""In a temporary array, at most."""


@dataclass(frozen=True, eq=False)
class Rays:
    """Rows without their magnitudes, so that no square overflows or underflows.

    Parameters
    ----------
    scaled : ndarray, shape (n, d)
        Rows times a power of two, largest entry in [1/2, 1): exact. Zero rows stay zero.
    exponents : ndarray of int, shape (n,)
        Row j is ``scaled[j] * 2**exponents[j]``.
    units : ndarray, shape (n, d)
        Rows of length 1, or zero.
    lengths : ndarray, shape (n,)
        Of the rows.
    """

    scaled: Floats
    exponents: Indices
    units: Floats
    lengths: Floats


def rays_of(rows: Floats) -> Rays:
    """Split rows into directions and lengths."""
    exponents = np.frexp(np.abs(rows).max(axis=1))[1].astype(np.int64)
    scaled = np.ldexp(rows, -exponents[:, None])
    norms = np.sqrt(np.einsum("ij,ij->i", scaled, scaled))
    units = scaled / np.where(norms > 0, norms, 1)[:, None]
    with np.errstate(over="ignore"):  # a length beyond float64 is refused where it is used
        return Rays(scaled, exponents, units, np.ldexp(norms, exponents))


def sines(left: Floats, right: Floats) -> Floats:
    """Return for unit rows how far each left one is from the ray of each right one.

    Parameters
    ----------
    left : ndarray, shape (a, d)
    right : ndarray, shape (b, d)
        Rows of length 1 or 0.

    Returns
    -------
    ndarray, shape (a, b)
        ``min_{t >= 0} |l - t r|``: the sine of an acute angle, and 1 otherwise (the best t is 0). Where it is below
        1e-4 it is ``|l - r| |l + r| / 2`` with the difference taken entry by entry, accurate to the last digits.

    Notes
    -----
    Cost O(a b d), in blocks of rows.
    """
    result = np.empty((len(left), len(right)))
    step = max(1, _NUMBERS // len(right))
    for first in range(0, len(left), step):
        rows = left[first : first + step]
        block = np.matmul(rows, right.T, out=result[first : first + step])
        near = np.nonzero(block > 1 - _NEAR)
        np.clip(block, 0, 1, out=block)
        block *= -block
        block += 1
        np.sqrt(block, out=block)
        if len(near[0]):
            block[near] = _small_sines(rows, right, *near)
    return result


def _small_sines(left: Floats, right: Floats, i: Indices, j: Indices) -> Floats:
    found = np.empty(len(i))
    step = max(1, _NUMBERS // left.shape[1])
    for first in range(0, len(i), step):
        part = slice(first, first + step)
        # The largest entry comes out first: squares of differences near 1e-16 are fine, of much smaller ones not.
        change = left[i[part]] - right[j[part]]
        chords = np.sqrt(np.einsum("ij,ij->i", change, change))
        found[part] = chords * np.sqrt(1 - chords**2 / 4)
    return found


def masses(rows: Floats, columns: Floats) -> tuple[Floats, float]:
    """Return ``|v_j| |w_j|`` over its largest possible value, and that value.

    Raises
    ------
    ValueError
        If the value is beyond float64.
    """
    inner, outer = rays_of(rows).lengths, rays_of(columns.T).lengths
    with np.errstate(over="ignore", invalid="ignore"):
        scale = float(inner.max() * outer.max())
    if not np.isfinite(scale):
        raise ValueError(
            f"incoming and outgoing multiply to more than float64 holds (rows up to {inner.max():.3g}, columns up to "
            f"{outer.max():.3g}); divide one of them by a power of two and multiply the result by it"
        )
    if not scale:
        return np.zeros(len(rows)), 0.0
    return (inner / inner.max()) * (outer / outer.max()), scale
