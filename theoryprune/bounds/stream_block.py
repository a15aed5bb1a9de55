"""What one producer of a merged residual stream contributes to the error of the network."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.bounds.arguments import as_reals
from theoryprune.bounds.block_error import BlockError
from theoryprune.bounds.effort import Effort
from theoryprune.bounds.kernel_gain import kernel_gain
from theoryprune.bounds.rounding import norm_up, up
from theoryprune.bounds.stream_merge import checked_merge, residual_rows
from theoryprune.errors import UnsupportedLayerError
from theoryprune.layers import Shape, WeightLayer


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
    UnsupportedLayerError
        If the producer is a grouped convolution and a channel is merged into one of another group, whose filter reads
        other channels.

    Notes
    -----
    Let every map between the producers' sums and the readers be channelwise, the same for all channels, and commute
    with factors >= 0 (ReLU, pooling, strided slices, zero padding). Then the merged network **equals** the full one in
    which row j of every producer is ``a_j`` times row c(j): the channel j of the stream is then ``a_j`` times channel
    c(j) at all times, and the readers' folded weights see no difference. The two full networks differ at the producers
    alone, by R x with x from the pruned network; `end_to_end` adds that up with the gains of the original one. There x
    is the tensor of the merged network if no channel of this stream is among its own; if one is, fold the columns
    first. Cost: one norm.
    """
    weights = as_reals(kernel, "kernel", tuple(layer.weight.shape))
    target, factors, _ = checked_merge(assignment, multipliers, kept)
    place = np.arange(len(weights)) * layer.groups // len(weights)
    if (place[target] != place)[factors > 0].any():
        raise UnsupportedLayerError(f"'{layer.name}': channels of a stream are merged across its {layer.groups} groups")
    residual, error = residual_rows(weights.reshape(len(weights), -1), target, factors)
    taps = math.prod(layer.weight.shape[2:])
    gain = kernel_gain(layer, residual.reshape(weights.shape), shape, effort=effort)
    gain = up(gain + up(math.sqrt(taps) * norm_up(error), terms=2), terms=2)
    constant = 0.0
    if bias is not None:
        shift, slack = residual_rows(as_reals(bias, "bias", (len(weights),))[:, None], target, factors)
        positions = math.prod(layer.shape(shape)[1:])
        constant = up(math.sqrt(positions) * up(norm_up(shift) + norm_up(slack), terms=2), terms=2)
    return BlockError(layer.name, layer.inputs, (end,), gain, constant)
