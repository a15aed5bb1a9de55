"""Residual streams: one multiplier for a channel that many producers write, and what merging it changes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.bounds.arguments import as_fold, as_kept_units, as_reals
from theoryprune.bounds.block_error import BlockError
from theoryprune.bounds.fold import Indices
from theoryprune.bounds.gains import Effort
from theoryprune.bounds.joined import times_up
from theoryprune.bounds.kernel_gain import kernel_gain
from theoryprune.bounds.norms import spectral_norm_up
from theoryprune.bounds.rounding import UNIT, Floats, norm_up, product_up, row_norms_up, sum_up, up
from theoryprune.layers import Shape, WeightLayer

_TINY = 2.0**-1000  # above all that products below the range of float64 can add up to


def replication(assignment: ArrayLike, multipliers: ArrayLike, kept: ArrayLike) -> float:
    """Bound the norm of the map from kept channels to all: each pruned one ``a_j`` times the one that stands for it.

    Parameters
    ----------
    assignment, multipliers : array_like, shape (n,)
        c(j) and ``a_j`` of a merge, as for `certify_layer`.
    kept : array_like of int, shape (m,)

    Returns
    -------
    float
        ``max_c (1 + sum_{c(j) = c} a_j^2)^{1/2}``, rounded up.
    """
    target, factors, _ = _fold(assignment, multipliers, kept)
    squares = np.bincount(target[factors > 0], factors[factors > 0] ** 2, len(factors))
    return up(math.sqrt(float(squares.max(initial=1.0))), terms=len(factors) + 2)


def stream_block(
    layer: WeightLayer,
    kernel: ArrayLike,
    bias: ArrayLike | None,
    kept: ArrayLike,
    assignment: ArrayLike,
    multipliers: ArrayLike,
    *,
    shape: Shape,
    end: str,
    effort: Effort = "default",
) -> BlockError:
    """Return what one producer of a merged stream contributes to the error of the network.

    Parameters
    ----------
    layer : Linear or Conv
        The producer; its geometry and what it reads count, not its weights.
    kernel : array_like, shape (n, in per group, *k)
        Its weights with the batch norm behind it folded in, all n rows; where groups inside its block are pruned, as
        they are after that.
    bias : array_like, shape (n,), optional
        Folded likewise.
    kept, assignment, multipliers : array_like
        The merge of the whole stream, the same for all its producers.
    shape : tuple of int
        Per example of what it reads.
    end : str
        The tensor that the producer adds to the stream: its own output, or its batch norm's.
    effort : {"fast", "default", "high"}

    Returns
    -------
    BlockError
        ``||R x + R_bias|| <= gain ||x|| + constant`` with rows ``w_j - a_j w_c(j)``; a row for `end_to_end`.

    Raises
    ------
    ValueError
        For shapes that do not fit or a merge that is none.

    Notes
    -----
    Let every map between the producers' sums and the readers be channelwise, the same for all channels, and commute
    with factors >= 0 (ReLU, pooling, strided slices, zero padding). Then the merged network **equals** the full one in
    which row j of every producer is ``a_j`` times row c(j): the channel j of the stream is then ``a_j`` times channel
    c(j) at all times, and the readers' folded weights see no difference. The two full networks differ at the producers
    alone, by R x with x from the pruned network; `end_to_end` adds that up with the gains of the original one. There x
    is the tensor of the merged network if no channel of this stream is among its own; if one is, fold the columns
    first. Blocks that end or start in a stream that is merged after them read it replicated: take their
    `BlockError.magnified` by `replication`. Cost: one norm.
    """
    weights = as_reals(kernel, "kernel", tuple(layer.weight.shape))
    target, factors, _ = _fold(assignment, multipliers, kept)
    residual, error = _residual(weights.reshape(len(weights), -1), target, factors)
    taps = math.prod(layer.weight.shape[2:])
    gain = kernel_gain(layer, residual.reshape(weights.shape), shape, effort=effort)
    gain = up(gain + up(math.sqrt(taps) * norm_up(error), terms=2), terms=2)
    constant = 0.0
    if bias is not None:
        shift, slack = _residual(as_reals(bias, "bias", (len(weights),))[:, None], target, factors)
        positions = math.prod(layer.shape(shape)[1:])
        constant = up(math.sqrt(positions) * up(norm_up(shift) + norm_up(slack), terms=2), terms=2)
    return BlockError(layer.name, layer.inputs, (end,), gain, constant)


def stream_error(
    V: ArrayLike,
    rows: Sequence[ArrayLike],
    kept: ArrayLike,
    assignment: ArrayLike,
    multipliers: ArrayLike,
    norms: Sequence[float],
) -> float:
    """Bound the error that one reader of a dense stream sees, all else unpruned.

    Parameters
    ----------
    V : array_like, shape (p, n)
        What the reader makes of the stream.
    rows : sequence of array_like, shapes (n, d_t)
        The producers' weights up to the time of reading; a bias as a last column, with 1 as last entry of x_t.
    kept, assignment, multipliers : array_like
        The merge of the stream; the reader gets ``U_c = v_c + sum a_j v_j``.
    norms : sequence of float
        Bounds of ``||x_t||``, what the producers read in the unpruned network (bias entries included).

    Returns
    -------
    float
        Rounded up.

    Raises
    ------
    ValueError
        For shapes that do not fit, negative norms or a merge that is none.

    Notes
    -----
    For ``z_{t+1} = relu(z_t + W_t x_t)``, z_0 = 0, the ReLU being 1-Lipschitz and homogeneous, ``|z_{t+1,j} - a_j
    z_{t+1,c}| <= |z_{t,j} - a_j z_{t,c}| + |r_j^t . x_t|``: residuals add along the stream. Hence the error ``V_P
    (z_j - a_j z_c)_j`` is at most ``sum_j ||v_j|| sum_t ||r_j^t|| ||x_t||``, and for any positive diagonal D at most
    ``||V_P D^{-1}|| sum_t ||D R_t|| ||x_t||``; the less of the two is returned. The x_t differ, so this is no gain.
    """
    target, factors, units = _fold(assignment, multipliers, kept)
    outgoing = as_reals(V, "V", (None, len(factors)))[:, units]
    if len(rows) != len(norms) or not all(norm >= 0 for norm in norms):
        raise ValueError(f"norms must be one non-negative number for each of the {len(rows)} producers, got {norms}")
    lengths: list[Floats] = []
    residuals: list[tuple[Floats, Floats]] = []
    for i, producer in enumerate(rows):
        residual, error = _residual(as_reals(producer, f"rows[{i}]", (len(factors), None)), target, factors)
        residuals.append((residual[units], error[units]))
        lengths.append(row_norms_up(residual[units]) + row_norms_up(error[units]))
    columns, reach = row_norms_up(outgoing.T), np.zeros(len(units))
    with np.errstate(invalid="ignore"):  # 0 times infinity, which counts as 0
        for length, norm in zip(lengths, norms, strict=True):
            reach += product_up(length, np.full(len(length), norm))
    reach *= 1 + 8 * len(rows) * UNIT
    triangle = up(sum_up(product_up(columns, reach)), terms=2)
    used = (columns > 0) & (reach > 0)
    if not used.any() or not np.isfinite(triangle):
        return triangle
    steps = np.round((np.log2(columns[used]) - np.log2(reach[used])) / 2)
    balance = 2.0 ** np.clip(steps, -300, 300)  # powers of two: scaling is exact
    left = up(spectral_norm_up(outgoing[:, used] / balance) + _TINY)
    right = [
        up(spectral_norm_up(balance[:, None] * r[used]) + norm_up(balance[:, None] * e[used]) + _TINY, terms=4)
        for r, e in residuals
    ]
    product = sum_up(np.array([times_up(times_up(left, gain), norm) for gain, norm in zip(right, norms, strict=True)]))
    lost = sum_up(product_up(columns[~used], reach[~used]))
    return min(triangle, up(product + lost, terms=2))


def _fold(assignment: ArrayLike, multipliers: ArrayLike, kept: ArrayLike) -> tuple[Indices, Floats, Indices]:
    """The checked merge, and the pruned units."""
    count = len(np.asarray(multipliers))
    chosen = as_kept_units(kept, count)
    target, factors = as_fold(assignment, multipliers, chosen, np.zeros(count))
    return target, factors, np.setdiff1d(np.arange(count), chosen, assume_unique=True)


def _residual(rows: Floats, target: Indices, factors: Floats) -> tuple[Floats, Floats]:
    """The rows ``w_j - a_j w_c(j)`` of pruned units, zero for kept ones, and bounds of what rounding did to entries."""
    pruned = target != np.arange(len(rows))
    parts = np.where(pruned & (factors > 0), factors, 0.0)[:, None] * rows[target]
    residual = np.where(pruned[:, None], rows - parts, 0.0)
    spread = np.where(pruned[:, None] & (parts != 0), np.abs(rows) + 2 * np.abs(parts), 0.0)
    return residual, 3 * UNIT * spread
