"""An upper bound of the l2 gain of a convolution, proved at finitely many frequencies."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.bounds.arguments import as_reals
from theoryprune.bounds.batch_norms import largest_norm_up
from theoryprune.bounds.effort import Effort, check_effort
from theoryprune.bounds.frequency_grid import FrequencyGrid, grid_cost, grids, placed
from theoryprune.bounds.norms import spectral_norm_up
from theoryprune.bounds.rounding import exponents, norm_up, scale_up, sum_up, up
from theoryprune.bounds.symbols import half_torus, symbol_error, symbols, twiddles
from theoryprune.bounds.taps import Taps
from theoryprune.bounds.window import Window

_BUDGETS = {"fast": 1e11, "default": 1e12, "high": 1e14}  # floating-point operations spent on one kernel
_BATCH = 2**20  # complex numbers held at a time


def conv_norm(
    kernel: ArrayLike, size: tuple[int, ...], window: Window, *, effort: Effort = "default", groups: int = 1
) -> float:
    """Return a proved upper bound of the l2 operator norm of a convolution.

    Parameters
    ----------
    kernel : array_like, shape (out, in / groups, *k)
        One, two, three or more spatial axes.
    size : tuple of int
        Of the input along each axis.
    window : Window
    effort : {"fast", "default", "high"}
        How fine a grid of frequencies is affordable: up to 1.18 above the norm on the whole lattice for 3 x 3 kernels,
        within 1.04 of it, within 1.01. Kernels too large for the effort get a coarser grid, at last no grid.
    groups : int
        Channels that do not mix; the norm is the largest of any group.

    Returns
    -------
    float
        Above ``sup ||T x|| / ||x||``; infinity if it overflows.

    Raises
    ------
    ValueError
        For shapes that do not fit, entries that are not finite, another effort.
    UnsupportedLayerError
        For circular padding that repeats a position in the output.

    Notes
    -----
    With circular padding T is part of a block circulant, whose norm is the largest of its symbols. With zero padding
    T is a block of the circulant on the torus of `embedding`, and of the map on the whole lattice, whose norm is at
    most that on N points along an axis times ``1 / cos(pi (k - 1) / (2 N))``: a trigonometric polynomial of degree ``(k
    - 1) / 2`` keeps at least that cosine of its maximum at the nearest point (M. Riesz; Ehlich, Zeller, Schwankung von
    Polynomen zwischen Gitterpunkten, 1964, applied to ``Re e^(i psi) u^* K(omega) v``, one axis after another). Each
    axis takes whichever grid is smaller. A stride counts input positions by phase (`taps_of`), which is exact. Beyond
    the budget of the effort, ``sqrt(taps)`` times the norm of the kernel as one matrix (S. Singla, S. Feizi, Fantastic
    four, ICLR 2021, theorem 1) or the sum of the norms of the taps. Cost O(frequencies out in min(out, in)).

    Examples
    --------
    >>> edge = conv_norm([[[1.0, -1.0]]], (8,), Window((1,), (0,), (1,)))
    >>> 1.96 < edge < 2.01
    True
    """
    check_effort(effort)
    weights = as_reals(kernel, "kernel", (None, None, *(None for _ in window.stride)))
    if groups < 1 or weights.shape[0] % groups or 0 in weights.shape:
        raise ValueError(f"groups must divide the {weights.shape[0]} output channels, got {groups}")
    return taps_norm(*placed(weights, size, window), effort, groups)


def taps_norm(taps: Taps, torus: tuple[int, ...], effort: Effort, groups: int = 1) -> float:
    """Return the norm of a convolution given by its taps, exact on a torus, as `conv_norm` does."""
    if not taps.matrices.any():
        return 0.0
    exponent = int(exponents(taps.matrices))
    scaled = Taps(np.ldexp(taps.matrices, -exponent), taps.places)
    for grid in grids(scaled, torus, effort):
        if grid_cost(scaled, grid, groups) <= _BUDGETS[effort]:
            return scale_up(grid_norm(scaled, grid, groups), exponent)
    return scale_up(reshaped_norm(scaled, groups), exponent)


def grid_norm(taps: Taps, grid: FrequencyGrid, groups: int = 1) -> float:
    """Return the largest norm of a symbol on a grid, with its correction and rounding, for entries of about 1."""
    matrices = taps.matrices
    out, inner = matrices.shape[1:]
    known = max(2.0**-40 * norm_up(matrices), 2.0**-900)
    frequencies = half_torus(grid.sizes)
    # Large matrices one at a time: most are seen to be below the norm known so far, without an eigenvalue.
    batch = max(1, _BATCH // (out * inner)) if min(out // groups, inner) <= 96 else 1
    for begin in range(0, len(frequencies), batch):
        cosines, sines = twiddles(frequencies[begin : begin + batch], grid.places, grid.sizes)
        found = symbols(matrices, cosines, sines)
        known = largest_norm_up(found.reshape(-1, out // groups, inner), known)
    return up((known + symbol_error(matrices)) * grid.correction, terms=4)


def reshaped_norm(taps: Taps, groups: int = 1) -> float:
    """Return a bound that needs no frequency: of the kernel as one matrix, or of the taps one by one.

    Notes
    -----
    y is the kernel, out x (taps in), times the patches of x, which repeat a position at most once for each tap; the
    transposed map alike. At most ``sqrt(taps)`` above the norm on the lattice. Cost that of a few spectral norms.
    """
    count, out, inner = taps.matrices.shape
    worst = 0.0
    for group in np.split(taps.matrices, groups, axis=1):
        wide = spectral_norm_up(group.transpose(1, 0, 2).reshape(out // groups, -1))
        tall = spectral_norm_up(group.reshape(-1, inner))
        single = sum_up(np.array([spectral_norm_up(tap) for tap in group]))
        worst = max(worst, min(single, up(float(np.sqrt(count)) * min(wide, tall), terms=4)))
    return worst
