"""What biases and offsets add to the error of a pair of convolutions."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from theoryprune.bounds.conv_layer import ConvLayer
from theoryprune.bounds.gain_bounds import GainBounds
from theoryprune.bounds.layer import forms_of
from theoryprune.bounds.rounding import norm_up, up
from theoryprune.bounds.window import Window


def of_ones(layer: ConvLayer) -> ConvLayer:
    """The layer that reads one channel through the biases alone: applied to a map of ones it is the constant part."""
    g, axes = layer.geometry, len(layer.geometry.size)
    point = Window((1,) * axes, (0,) * axes, (1,) * axes)
    flat = replace(forms_of(layer.flat)[2], tau=None)
    geometry = replace(g, size=g.hidden, kernel=(1,) * axes, producer=point)
    return replace(layer, flat=flat, geometry=geometry, shift=np.zeros_like(layer.shift))


def constant_part(layer: ConvLayer, of_biases: GainBounds | None) -> float:
    """What biases and offsets add to the error, rounded up.

    Notes
    -----
    A bias stands at each of the P positions of the hidden map, so its norm is ``sqrt(P)`` times the gain of `of_ones`;
    an offset at each position of the output, unless there is one for each.
    """
    g, total = layer.geometry, 0.0
    if of_biases is not None:
        total = up(of_biases.best * math.sqrt(math.prod(g.hidden)), terms=4)
    if not layer.shift.any():
        return total
    if layer.shift.ndim > 1:
        return up(total + up(norm_up(layer.shift), terms=8), terms=2)
    if g.output is None:
        raise ValueError("kept_offset needs the size of the output: give the layer between as `pool`")
    return up(total + up(norm_up(layer.shift) * math.sqrt(math.prod(g.output)), terms=8), terms=2)
