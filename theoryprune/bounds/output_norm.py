"""How large the output of one record is: at the input zero, and at most."""

from __future__ import annotations

import math
from functools import singledispatch

from theoryprune.bounds.affine import affine_of
from theoryprune.bounds.pool_gain import pool_gain
from theoryprune.bounds.rounding import up
from theoryprune.errors import UnsupportedLayerError
from theoryprune.layers import (
    GELU,
    AdaptiveAvgPool,
    Add,
    AvgPool,
    BatchNorm,
    Concat,
    Constant,
    Flatten,
    Hardtanh,
    Layer,
    LeakyReLU,
    MaxPool,
    ReLU,
    Shape,
    Sigmoid,
    SiLU,
    Slice,
    Softmax,
    SpatialMean,
    Take,
    Tanh,
    WeightLayer,
    ZeroPad,
)


@singledispatch
def norm_at_zero(layer: Layer, *shapes: Shape) -> float:
    """Bound the l2 norm of a record's output for the input zero.

    Parameters
    ----------
    layer : Layer
    *shapes : tuple of int
        Shapes per example of what it reads.

    Returns
    -------
    float
        Rounded up; with `layer_gain`, ``||f(x)|| <= gain ||x|| + norm_at_zero``.

    Raises
    ------
    UnsupportedLayerError
        If there is no rule for this kind of layer.

    Notes
    -----
    A bias stands at every position: ``sqrt(positions) ||b||``. The sigmoid is 1/2 at 0, a softmax over c channels
    ``1 / c``, its logarithm ``-log c``.
    """
    raise UnsupportedLayerError(f"'{layer.name}': the norm has no rule for layers of kind '{layer.kind}'")


@norm_at_zero.register(ReLU)
@norm_at_zero.register(LeakyReLU)
@norm_at_zero.register(GELU)
@norm_at_zero.register(SiLU)
@norm_at_zero.register(Tanh)
@norm_at_zero.register(AvgPool)
@norm_at_zero.register(AdaptiveAvgPool)
@norm_at_zero.register(SpatialMean)
@norm_at_zero.register(Add)
@norm_at_zero.register(Concat)
@norm_at_zero.register(Flatten)
@norm_at_zero.register(ZeroPad)
@norm_at_zero.register(Slice)
@norm_at_zero.register(Take)
def _(layer: Layer, *shapes: Shape) -> float:
    return 0.0


@norm_at_zero.register
def _(layer: MaxPool, *shapes: Shape) -> float:
    return 0.0 if math.isfinite(pool_gain(layer, shapes[0])) else math.inf  # a window of padding alone gives -inf


@norm_at_zero.register(WeightLayer)
@norm_at_zero.register(BatchNorm)
@norm_at_zero.register(Constant)
def _(layer: Layer, *shapes: Shape) -> float:
    shape = layer.shape(*shapes)
    affine = affine_of(layer, shape)
    return math.inf if affine is None else up(math.sqrt(math.prod(shape[1:])) * affine.shift_norm, terms=2)


@norm_at_zero.register
def _(layer: Sigmoid, *shapes: Shape) -> float:
    return up(0.5 * math.sqrt(math.prod(shapes[0])), terms=2)


@norm_at_zero.register
def _(layer: Hardtanh, *shapes: Shape) -> float:
    value = min(max(0.0, layer.low), layer.high)
    return up(abs(value) * math.sqrt(math.prod(shapes[0])), terms=2)


@norm_at_zero.register
def _(layer: Softmax, *shapes: Shape) -> float:
    channels, cells = shapes[0][0], math.prod(shapes[0])
    return up(math.sqrt(cells) * (math.log(channels) if layer.log else 1 / channels), terms=4)


def norm_at_most(layer: Layer, *shapes: Shape) -> float:
    """Bound the l2 norm of a record's output whatever it reads; infinite unless its values are bounded.

    Parameters
    ----------
    layer : Layer
    *shapes : tuple of int
        Shapes per example of what it reads.
    """
    cells = math.prod(shapes[0])
    match layer:
        case Sigmoid() | Tanh():
            return up(math.sqrt(cells))
        case Hardtanh():
            return up(math.sqrt(cells) * max(abs(layer.low), abs(layer.high)), terms=2)
        case Softmax(log=False):
            return up(math.sqrt(math.prod(shapes[0][1:])))
        case _:
            return math.inf
