"""A convolution as a sum of shifted matrices; a strided one after sorting its input by phase."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import product

import numpy as np
from numpy.typing import NDArray

from theoryprune.bounds.fold import Indices
from theoryprune.bounds.rounding import Floats
from theoryprune.bounds.window import Window


@dataclass(frozen=True, eq=False)
class Taps:
    """The map ``y[n] = sum_t K_t x[n + m_t]`` between lattices.

    Parameters
    ----------
    matrices : ndarray, shape (taps, out, in)
        K_t; with a stride, `in` counts the phases of the input positions too.
    places : ndarray of int, shape (taps, axes)
        m_t, all different.
    """

    matrices: Floats
    places: Indices

    @property
    def lowest(self) -> Indices:
        """Least place along each axis."""
        return np.asarray(self.places.min(axis=0))

    @property
    def highest(self) -> Indices:
        """Greatest place along each axis."""
        return np.asarray(self.places.max(axis=0))


def taps_of(kernel: Floats, window: Window) -> Taps:
    """Return the taps of a convolution, strides resolved into phases.

    Parameters
    ----------
    kernel : ndarray, shape (out, in, *k)
    window : Window

    Notes
    -----
    Output n reads the input at ``s n + d t - pad = s (n + m) + phase`` with ``0 <= phase < s``: on the lattice of the
    output, the input has one channel for each channel and phase, and the stride is gone. Phases that no tap reads
    are left out, and so are taps of zeros, except that one tap always stays. Nothing is rounded.
    """
    axes, reads = kernel.ndim - 2, _reads(kernel.shape[2:], window)
    columns = {phase: i for i, phase in enumerate(product(*_phases(reads)))}
    merged: dict[tuple[int, ...], Floats] = {}
    for index in product(*(range(k) for k in kernel.shape[2:])):
        tap = np.moveaxis(kernel, (0, 1), (-2, -1))[index]
        if not tap.any():
            continue
        read = [reads[axis][index[axis]] for axis in range(axes)]
        place, phase = tuple(m for m, _ in read), tuple(r for _, r in read)
        if place not in merged:
            merged[place] = np.zeros((kernel.shape[0], len(columns), kernel.shape[1]))
        merged[place][:, columns[phase]] = tap
    if not merged:
        merged[(0,) * axes] = np.zeros((kernel.shape[0], len(columns), kernel.shape[1]))
    matrices = np.stack(list(merged.values()))
    flat = (*matrices.shape[:2], len(columns) * kernel.shape[1])
    return Taps(matrices.reshape(flat), np.array(list(merged), dtype=np.int64))


def real_positions(kernel: tuple[int, ...], size: tuple[int, ...], window: Window) -> NDArray[np.bool_]:
    """Return which phases of which lattice positions are positions of the input, shape (phases, *coarse).

    Parameters
    ----------
    kernel, size : tuple of int
        Of the kernel and of the input.
    window : Window

    Notes
    -----
    Position m of the lattice stands for ``s m + phase``, which lies beyond an input of n positions if it is n or more:
    the last few, where s does not divide n. Phases come in the order of `taps_of`.
    """
    axes = zip(_phases(_reads(kernel, window)), window.stride, coarse_size(size, window), size, strict=True)
    inside = [np.add.outer(phases, s * np.arange(count)) < n for phases, s, count, n in axes]
    return np.stack([reduce(np.logical_and.outer, rows) for rows in product(*inside)])


def coarse_size(size: tuple[int, ...], window: Window) -> tuple[int, ...]:
    """Return the size of an input on the lattice of the output."""
    return tuple(-(-n // s) for n, s in zip(size, window.stride, strict=True))


def embedding(taps: Taps, size: tuple[int, ...], output: tuple[int, ...]) -> tuple[int, ...]:
    """Return the least torus on which the convolution, cut to its input and output, is exact.

    Parameters
    ----------
    taps : Taps
    size, output : tuple of int
        Of the input, on the lattice of the output, and of the output.

    Notes
    -----
    The difference of an input position i and the place n + m of a tap that would read it lies between ``-(output - 1) -
    highest`` and ``size - 1 - lowest``. On N positions the two agree modulo N only where they agree, if N is above
    both sizes of that range; so the cut map is a block of the circulant one. With padding ``(k - 1) / 2`` that is
    ``size + (k - 1) / 2`` positions.
    """
    low, high = taps.lowest, taps.highest
    sides = zip(size, output, low, high, strict=True)
    return tuple(int(max(n, m, n - lowest, m + highest)) for n, m, lowest, highest in sides)


def steps(taps: Taps) -> tuple[Indices, NDArray[np.int64]]:
    """Return the places counted from the lowest in units of their common step along each axis, and their spans."""
    offsets = taps.places - taps.lowest
    units = np.maximum(np.gcd.reduce(offsets, axis=0), 1)
    reduced = offsets // units
    return reduced, reduced.max(axis=0)


def _reads(kernel: tuple[int, ...], window: Window) -> list[list[tuple[int, int]]]:
    """Along each axis the place and the phase that each tap reads."""
    axes = zip(kernel, window.stride, window.dilation, window.pads, strict=True)
    return [[divmod(d * t - pad[0], s) for t in range(k)] for k, s, d, pad in axes]


def _phases(reads: list[list[tuple[int, int]]]) -> list[list[int]]:
    return [sorted({phase for _, phase in axis}) for axis in reads]
