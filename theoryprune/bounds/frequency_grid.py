"""Where the symbols of a convolution are looked at, and by how much the norm between these points may be larger."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from theoryprune.bounds.effort import Effort
from theoryprune.bounds.fold import Indices
from theoryprune.bounds.rounding import Floats, up
from theoryprune.bounds.symbols import frequency_count
from theoryprune.bounds.taps import Taps, coarse_size, embedding, steps, taps_of
from theoryprune.bounds.window import Window
from theoryprune.errors import UnsupportedLayerError

_FINENESS = {"fast": (8, 6, 4, 3, 2), "default": (0, 16, 8, 6, 4, 3, 2), "high": (0, 32, 16, 8, 6, 4, 3, 2)}
# points along an axis for each step of the kernel; with 0, the torus of the embedding whatever its size


@dataclass(frozen=True, eq=False)
class FrequencyGrid:
    """Frequencies ``2 pi j / N`` along each axis.

    Parameters
    ----------
    sizes : tuple of int
        N.
    places : ndarray of int, shape (taps, axes)
        Of the taps, possibly in units of their common step.
    correction : float
        The norm on the domain in question is at most so many times the largest on the grid.
    """

    sizes: tuple[int, ...]
    places: Indices
    correction: float


def grids(taps: Taps, torus: tuple[int, ...], effort: Effort) -> Iterator[FrequencyGrid]:
    """Yield grids that prove a norm, from the finest to the coarsest that an effort considers.

    Parameters
    ----------
    taps : Taps
    torus : tuple of int
        On which the convolution is exact (`embedding`); it needs no correction.
    effort : {"fast", "default", "high"}

    Notes
    -----
    Along each axis the torus, or ``N = c span`` points with the correction ``1 / cos(pi span / (2 N))``, whichever is
    smaller; the two mix, as each argument concerns one axis with the others fixed.
    """
    reduced, spans = steps(taps)
    for fineness in _FINENESS[effort]:
        coarse = [max(1, fineness * int(span)) for span in spans]
        exact = [not fineness or side <= points for side, points in zip(torus, coarse, strict=True)]
        sizes = tuple(side if own else points for own, side, points in zip(exact, torus, coarse, strict=True))
        bent = [0 if own else int(span) for own, span in zip(exact, spans, strict=True)]
        correction = math.prod(1 / math.cos(math.pi * span / (2 * n)) for span, n in zip(bent, sizes, strict=True))
        yield FrequencyGrid(sizes, np.where(exact, taps.places, reduced), up(correction, terms=4 * len(sizes)))


def placed(kernel: Floats, size: tuple[int, ...], window: Window) -> tuple[Taps, tuple[int, ...]]:
    """Return the taps of a convolution, and a torus on which it is a block of a circulant map.

    Parameters
    ----------
    kernel : ndarray, shape (out, in, *k)
    size : tuple of int
        Of the input.
    window : Window

    Raises
    ------
    ValueError
        If the kernel does not fit.
    UnsupportedLayerError
        If circular padding is so wide that an output position comes twice.

    Notes
    -----
    With zero padding the torus is that of `embedding`; with circular padding it is the input itself, and the stride is
    left out, which drops outputs only.
    """
    output = window.output(size, kernel.shape[2:])
    if window.mode == "zeros":
        taps = taps_of(kernel, window)
        return taps, embedding(taps, coarse_size(size, window), output)
    full = replace(window, stride=(1,) * len(size), mode="zeros")
    if any(n > m for n, m in zip(full.output(size, kernel.shape[2:]), size, strict=True)):
        raise UnsupportedLayerError(
            f"circular padding {window.pads} repeats output positions of a kernel {kernel.shape[2:]}: its total along "
            "an axis may be at most dilation (k - 1)"
        )
    return taps_of(kernel, full), size


def grid_cost(taps: Taps, grid: FrequencyGrid, groups: int = 1) -> float:
    """Return about how many floating-point operations the norms on a grid take."""
    _, out, inner = taps.matrices.shape
    small, large = sorted((float(out // groups), float(inner)))
    return frequency_count(grid.sizes) * groups * (8 * small * small * large + 2 * small**3)
