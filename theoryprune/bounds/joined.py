"""Sizes of tensors from those of the tensors they are made of, rounded up."""

from __future__ import annotations

import math

import numpy as np

from theoryprune.bounds.rounding import norm_up, up
from theoryprune.layers import Add, Layer


def times_up(gain: float, size: float) -> float:
    """Return a product of non-negative numbers rounded up; 0 if and only if a factor is 0, even beside infinity."""
    if gain == 0 or size == 0:
        return 0.0
    return up(gain * size) or math.ulp(0.0)


def joined(layer: Layer, gain: float, sizes: list[float]) -> float:
    """Return the size of a record's output from the sizes of its inputs.

    Parameters
    ----------
    layer : Layer
    gain : float
        Its `layer_gain`.
    sizes : list of float
        Norms, or gains from one common tensor.

    Notes
    -----
    A sum takes ``s_1 + |alpha| s_2``; everything else ``gain sqrt(sum s_i^2)``, which for a concatenation has gain 1.
    """
    if isinstance(layer, Add):
        return up(sizes[0] + times_up(abs(layer.alpha), sizes[1]), terms=2)
    if len(sizes) == 1:
        return times_up(gain, sizes[0])
    if math.inf in sizes:
        return times_up(gain, math.inf)
    return times_up(gain, norm_up(np.array(sizes)))
