"""The bounds on the gain of a pair of convolutions, each proved, with the diagonals that prove them."""

from __future__ import annotations

import numpy as np

from theoryprune.bounds.conv_centre import conv_linear_norm
from theoryprune.bounds.conv_lmi import proved_conv_gain
from theoryprune.bounds.conv_pair import ConvPair
from theoryprune.bounds.conv_sector import best_conv_sector, sector_squares
from theoryprune.bounds.conv_tri_prod import (
    conv_product,
    conv_triangle,
    left_norm,
    left_norms,
    right_norm,
    right_norms,
)
from theoryprune.bounds.gains import EFFORTS, Effort, GainBounds
from theoryprune.bounds.rounding import Floats, norm_up, scale_up, up
from theoryprune.bounds.symbols import Symbols, frequency_count, half_torus, symbol_error, symbols, twiddles

_GAPS = {"default": 1e-3, "high": 1e-5}
_STEPS = {"default": 100, "high": 300}
_LARGEST_CENTRE = {"fast": 1e9, "default": 1e11, "high": 1e13}  # operations for the taps of the linear map
_LARGEST_PROOF = {"fast": 0.0, "default": 2e11, "high": 1e13}  # operations for one proof at all frequencies
_LARGEST_STEP = {"default": 2e10, "high": 2e11}  # operations for one Newton step
_LARGEST_SYMBOLS = 2**26  # complex numbers


def conv_gain_bounds(pair: ConvPair, effort: Effort = "default", nonnegative: bool = False) -> GainBounds:
    """Bound the gain of a pair of convolutions in four ways.

    Parameters
    ----------
    pair : ConvPair
    effort : {"fast", "default", "high"}
        Without `schur`, and without `centre` where it is dear; with both where they are affordable; with more
        frequencies and steps.
    nonnegative : bool
        Whether only inputs with x >= 0 count; it helps the triangle bound only.

    Returns
    -------
    GainBounds
        Infinite where a bound does not apply: `centre` and `schur` need both maps on one torus and nothing between,
        `schur` a consumer that is a convolution.

    Raises
    ------
    ValueError
        For another effort.

    Notes
    -----
    D and T are constant over positions. `product` takes each map from and onto the hidden positions only, on the least
    torus of its own. `centre` is ``||T_A H T_B|| + ||T_A (I - H) D^-1|| ||D T_B||``, ``H = (1 + slope) / 2``, with all
    positions of the common torus, so it may exceed `product` for small maps; `schur` is the matrix inequality at every
    frequency there.
    """
    if effort not in EFFORTS:
        raise ValueError(f"effort must be one of {', '.join(EFFORTS)}, got {effort!r}")
    k = len(pair.flat.slopes)
    if not k:
        zero, none = _whole(pair, 0.0), np.ones(0)
        return _record(pair, (zero, zero, zero, zero), none, none, None)
    lefts, rights = left_norms(pair, effort), right_norms(pair, effort)
    plain = right_norms(pair, effort, nonnegative) if nonnegative else rights
    triangle = _whole(pair, conv_triangle(lefts, plain, pair.gain))
    tiny = 2.0**-300  # a channel whose map is zero cannot be here; one that underflowed can
    tried = [np.sqrt(np.maximum(lefts, tiny) / np.maximum(rights, tiny))]
    if effort != "fast":
        tried.append(1 / np.maximum(rights, tiny))
    products = [conv_product(pair, balance, effort) for balance in tried]
    linear = _linear(pair, effort)
    schur, sector = float("inf"), None
    if (pair.slopes == 1).all():
        schur = linear
    elif effort != "fast" and pair.left is not None and pair.torus is not None:
        schur, sector = _schur(pair, tried, effort)
        if sector is not None:
            tried.append(np.sqrt(sector))
            products.append(conv_product(pair, tried[-1], effort))
    sizes = [up(first * second * pair.gain, terms=4) for first, second in products]
    centres = [_centre(pair, balance, linear, effort) for balance in tried]
    one, two = int(np.argmin(sizes)), int(np.argmin(centres))
    bounds = (triangle, _whole(pair, sizes[one]), _whole(pair, centres[two]), _whole(pair, schur))
    return _record(pair, bounds, tried[one], tried[two], sector)


def common_symbols(pair: ConvPair) -> tuple[Symbols, Symbols]:
    """Return the symbols of T_A and T_B on the common torus, one of each opposite pair of frequencies.

    Raises
    ------
    ValueError
        If there is no common torus, or the hidden map is flattened.
    """
    if pair.torus is None or pair.left is None:
        raise ValueError("symbols need both maps as convolutions on one torus")
    frequencies = half_torus(pair.torus)
    first, second = (
        symbols(taps.matrices, *twiddles(frequencies, taps.places, pair.torus)) for taps in (pair.left, pair.right)
    )
    return first, second


def _linear(pair: ConvPair, effort: Effort) -> float:
    if pair.torus is None:
        return float("inf")
    size = pair.right.matrices.size
    outer = pair.matrix.size / len(pair.flat.slopes) if pair.left is None and pair.matrix is not None else 0.0
    outer = outer if pair.left is None else pair.left.matrices.size / len(pair.flat.slopes)
    if 4.0 * size * outer > _LARGEST_CENTRE[effort]:
        return float("inf")
    return conv_linear_norm(pair, (1 + pair.slopes) / 2, effort)


def _centre(pair: ConvPair, balance: Floats, linear: float, effort: Effort) -> float:
    if not np.isfinite(linear) or (pair.slopes == 1).all():
        return linear
    # On a torus larger than the hidden map S is 0 outside it, so S - H is not: all positions count in both factors.
    torus = pair.torus if pair.left is not None else None
    first = left_norm(pair, (1 - pair.slopes) / 2 / balance, effort, torus)
    return up(linear + up(first * right_norm(pair, balance, effort, torus)), terms=4)


def _schur(pair: ConvPair, tried: list[Floats], effort: Effort) -> tuple[float, Floats | None]:
    if pair.torus is None or pair.left is None:
        return float("inf"), None
    (_, p, k), d = pair.left.matrices.shape, pair.right.matrices.shape[2]
    count, side = frequency_count(pair.torus), k + (d if pair.slopes.any() else 0)
    if 8.0 * count * side**2 * (p + d + k) > _LARGEST_PROOF[effort] or count * k * (p + d) > _LARGEST_SYMBOLS:
        return float("inf"), None
    left, right = common_symbols(pair)
    starts = [2.001 * float(np.linalg.norm(left / d, 2, axis=(1, 2)).max()) ** 2 * d**2 for d in tried]
    squares = [float(sector_squares(left, right, pair.slopes, start).max()) for start in starts]
    found = starts[int(np.argmin(squares))]
    if 24.0 * min(count, 96) * (k + min(k, d)) ** 3 <= _LARGEST_STEP[effort]:
        found = best_conv_sector(left, right, pair.slopes, found, _GAPS[effort], _STEPS[effort]).multipliers
    # The symbols are off by little: E_A S B and A S E_B, with D between as in the product bound.
    first, second = pair.left.matrices / tried[0], tried[0][:, None] * pair.right.matrices
    sizes = [2 * norm_up(np.abs(part).sum(axis=0)) for part in (first, second)]
    slack = up(symbol_error(first) * sizes[1] + sizes[0] * symbol_error(second), terms=8)
    candidates = [found, *starts]
    squares = [float(sector_squares(left, right, pair.slopes, sector).max()) for sector in candidates]
    for place in np.argsort(squares):
        gain = proved_conv_gain(left, right, pair.slopes, candidates[place], squares[place])
        if np.isfinite(gain):
            return up(gain + slack, terms=2), candidates[place]
    return float("inf"), None


def _whole(pair: ConvPair, gain: float) -> float:
    """With the rounding of the pair, at the scale of the layer."""
    return scale_up(up(gain + pair.rounding, terms=2), pair.flat.exponent) if np.isfinite(gain) else float("inf")


def _record(
    pair: ConvPair, bounds: tuple[float, float, float, float], balance: Floats, centre: Floats, sector: Floats | None
) -> GainBounds:
    flat = pair.flat
    return GainBounds(*bounds, balance, centre, sector, flat.exponent, flat.columns, flat.shares)
