"""The error of a pruned pair of convolutions at a point, by torch: the checker's own route."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.nn import functional

from theoryprune.bounds.claim_checks import length_of
from theoryprune.bounds.conv_layer import ConvLayer
from theoryprune.bounds.rounding import Floats
from theoryprune.bounds.window import Window

_CONVOLUTIONS = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}


def attained(layer: ConvLayer, point: Floats) -> float:
    """Return the norm of the error at a point, NaN for a point of another shape.

    Parameters
    ----------
    layer : ConvLayer
    point : ndarray, shape (ci, *size)
    """
    flat, g = layer.flat, layer.geometry
    if point.shape != (flat.rows[0, : flat.rows.shape[1] - layer.biased].size // math.prod(g.kernel), *g.size):
        return float("nan")
    error = layer.shift_map
    own = flat.slopes[flat.kept]
    sides = ((1, flat.outgoing, flat.rows, flat.slopes), (-1, flat.new_outgoing, flat.new_rows, own))
    for sign, outgoing, rows, slopes in sides:
        kernels, bias = (rows[:, :-1], rows[:, -1]) if layer.biased else (rows, np.zeros(len(rows)))
        hidden = _convolution(layer.kernels(kernels), point[None], g.producer)
        hidden = hidden + torch.tensor(bias.reshape(-1, *(1,) * len(g.size)))
        hidden = torch.where(hidden > 0, hidden, torch.tensor(slopes.reshape(-1, *(1,) * len(g.size))) * hidden)
        read = hidden if g.pool is None else g.pool.forward(hidden)
        last = layer.next_kernels(outgoing)
        if g.consumer is None:
            found = (last.reshape(len(last), -1) @ read.numpy().ravel())[None]
        else:
            found = _convolution(last, read.numpy(), g.consumer).numpy()
        error = error + sign * found[0]
    return length_of(error)


def _convolution(kernel: Floats, inputs: Floats, window: Window) -> torch.Tensor:
    if window.mode == "circular":
        for axis, (before, after) in enumerate(window.pads, start=2):
            n = inputs.shape[axis]
            inputs = np.take(inputs, np.arange(-before, n + after) % n, axis=axis)
    else:
        inputs = np.pad(inputs, ((0, 0), (0, 0), *window.pads))
    convolve = _CONVOLUTIONS[len(window.stride)]
    return convolve(torch.tensor(inputs), torch.tensor(kernel), stride=window.stride, dilation=window.dilation)
