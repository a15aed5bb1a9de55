"""The four bounds on the gain of a pair of convolutions, each proved."""

from __future__ import annotations

import numpy as np

from theoryprune.bounds.conv_centre import conv_linear_norm
from theoryprune.bounds.conv_pair import ConvPair
from theoryprune.bounds.conv_schur import conv_schur
from theoryprune.bounds.conv_tri_prod import (
    conv_product,
    conv_triangle,
    left_norm,
    left_norms,
    right_norm,
    right_norms,
)
from theoryprune.bounds.effort import Effort, check_effort
from theoryprune.bounds.gain_bounds import GainBounds, nothing_stated, stated
from theoryprune.bounds.rounding import Floats, up

_LARGEST_CENTRE = {"fast": 1e9, "default": 1e11, "high": 1e13}  # operations for the taps of the linear map


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
    check_effort(effort)
    if not len(pair.flat.slopes):
        return nothing_stated(pair.flat, pair.rounding)
    lefts, rights = left_norms(pair, effort), right_norms(pair, effort)
    plain = right_norms(pair, effort, nonnegative) if nonnegative else rights
    triangle = conv_triangle(lefts, plain, pair.gain)
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
        schur, sector = conv_schur(pair, tried, effort)
        if sector is not None:
            tried.append(np.sqrt(sector))
            products.append(conv_product(pair, tried[-1], effort))
    sizes = [up(first * second * pair.gain, terms=4) for first, second in products]
    centres = [_centre(pair, balance, linear, effort) for balance in tried]
    one, two = int(np.argmin(sizes)), int(np.argmin(centres))
    return stated(pair.flat, pair.rounding, (triangle, sizes[one], centres[two], schur), tried[one], tried[two], sector)


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
