"""Symbols of convolutions at given frequencies, by an explicit discrete Fourier transform with proved rounding."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from theoryprune.bounds.fold import Indices
from theoryprune.bounds.rounding import Floats, gamma, norm_up, up

Symbols = NDArray[np.complex128]


def half_torus(sizes: tuple[int, ...]) -> Indices:
    """Return one of each pair (j, -j) of frequencies on a torus.

    Parameters
    ----------
    sizes : tuple of int

    Returns
    -------
    ndarray of int, shape (frequencies, axes)
        Real kernels have conjugate symbols at opposite frequencies, so every norm occurs among these.
    """
    every = np.indices(sizes).reshape(len(sizes), -1).T
    opposite = -every % np.array(sizes)
    rank = np.ravel_multi_index(tuple(every.T), sizes)
    return np.asarray(every[rank <= np.ravel_multi_index(tuple(opposite.T), sizes)], dtype=np.int64)


def twiddles(frequencies: Indices, places: Indices, sizes: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Return real and imaginary parts of ``exp(2 pi i sum_a j_a m_a / N_a)``, each within 4 u.

    Parameters
    ----------
    frequencies : ndarray of int, shape (f, axes)
        j.
    places : ndarray of int, shape (taps, axes)
        m.
    sizes : tuple of int
        N.

    Notes
    -----
    The angle is reduced in integers to a fraction of the circle of common denominator ``lcm(N)``, then to the first
    octant, where sine and cosine of the standard library err by less than one unit in the last place.
    """
    whole = math.lcm(*sizes)
    units = np.array([whole // n for n in sizes], dtype=np.int64)
    turns = (frequencies * units) @ places.T % whole
    table = np.array([_unit(r, whole) for r in range(whole)])
    return table[turns, 0], table[turns, 1]


def symbols(matrices: Floats, cosines: Floats, sines: Floats) -> Symbols:
    """Return ``sum_t K_t exp(i omega m_t)``, shape (frequencies, out, in). Cost O(frequencies taps out in)."""
    flat = matrices.reshape(len(matrices), -1)
    result: Symbols = np.empty((len(cosines), flat.shape[1]), dtype=np.complex128)
    result.real, result.imag = cosines @ flat, sines @ flat
    return result.reshape(len(cosines), *matrices.shape[1:])


def symbol_error(matrices: Floats) -> float:
    """Return a bound of the Frobenius norm by which any symbol is off.

    Notes
    -----
    ``2 gamma_(taps + 16) || sum_t |K_t| ||_F``: each part of an entry is a dot product of length `taps` with factors
    that are within 4 u, and there are two parts. Entries of K may come from up to five roundings each.
    """
    return up(2 * gamma(len(matrices) + 16) * norm_up(np.abs(matrices).sum(axis=0)), terms=len(matrices) + 4)


def frequency_count(sizes: tuple[int, ...]) -> int:
    """Return the number of frequencies of `half_torus`."""
    own = math.prod(2 if n % 2 == 0 else 1 for n in sizes)
    return (math.prod(sizes) + own) // 2


def _unit(turn: int, whole: int) -> tuple[float, float]:
    """Cosine and sine of ``2 pi turn / whole``."""
    octant, rest = divmod(8 * turn, whole)
    angle = math.pi * rest / (4 * whole) if octant % 2 == 0 else math.pi * (whole - rest) / (4 * whole)
    c, s = math.cos(angle), math.sin(angle)
    near = [(c, s), (s, c), (-s, c), (-c, s), (-c, -s), (-s, -c), (s, -c), (c, -s)]
    return near[octant]
