"""How much one record can stretch a difference: its Lipschitz constant in the l2 norm, rounded up."""

from __future__ import annotations

import math
from functools import singledispatch

import numpy as np

from theoryprune.bounds.affine import affine_of
from theoryprune.bounds.effort import Effort
from theoryprune.bounds.kernel_gain import as_floats, kernel_gain
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
    Conv,
    Flatten,
    Hardtanh,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool,
    ReLU,
    Scale,
    Shape,
    Shift,
    Sigmoid,
    SiLU,
    Slice,
    Softmax,
    SpatialMean,
    Take,
    Tanh,
    ZeroPad,
)

_GELU = {"none": 1.1289041451852, "tanh": 1.129}  # the suprema are 1.12890414518515... and 1.12899306...
_SILU = 1.0998393201289  # of the supremum 1.09983932012886...


@singledispatch
def layer_gain(layer: Layer, *shapes: Shape, effort: Effort = "default") -> float:
    """Bound ``||f(x) - f(y)|| / ||x - y||`` over all inputs x, y of one record.

    Parameters
    ----------
    layer : Layer
    *shapes : tuple of int
        Shapes per example of the tensors that the layer reads.
    effort : {"fast", "default", "high"}
        Spent on convolutions, see `kernel_gain`.

    Returns
    -------
    float
        In real arithmetic on the stored weights, rounded up. For several inputs, of all of them together:
        ``||(x_1, ..., x_t)||^2 = sum ||x_i||^2``.

    Raises
    ------
    UnsupportedLayerError
        If there is no rule for this kind of layer.
    ValueError
        If its tensors are not finite, or not on a device with values.

    Notes
    -----
    Linear and convolution: `kernel_gain`. Batch norm, scale, shift: the largest absolute factor. Pooling, flattening:
    `pool_gain`. A choice of channels: the root of the largest number of copies. The sum ``x + alpha y``:
    ``sqrt(1 + alpha^2)``. Activations: the largest absolute derivative, which is 1/4 for the sigmoid, ``Phi(sqrt 2) +
    sqrt 2 phi(sqrt 2)`` for GELU (its second derivative is ``phi(x) (2 - x^2)``), and for SiLU lies where
    ``x tanh(x / 2) = 2``. Softmax over c >= 2 channels: 1/2, for the rows of ``diag(p) - p p^T`` sum to
    ``2 p_i (1 - p_i)`` in absolute value (Gershgorin). Log-softmax: its derivative ``I - 1 p^T`` is an oblique
    projection of norm ``sqrt(c) ||p||``, so at most ``sqrt(c)``, which is approached.

    Examples
    --------
    >>> import torch
    >>> layer_gain(Linear(name="f", inputs=("x",), weight=torch.tensor([[3.0, 4.0]])), (2,)) - 5 < 1e-12
    True
    """
    raise UnsupportedLayerError(f"'{layer.name}': the gain has no rule for layers of kind '{layer.kind}'")


@layer_gain.register(Linear)
@layer_gain.register(Conv)
def _(layer: Linear | Conv, *shapes: Shape, effort: Effort = "default") -> float:
    kernel = as_floats(layer.weight, f"'{layer.name}': weight")
    return kernel_gain(layer, kernel, shapes[0], effort=effort)


@layer_gain.register(BatchNorm)
@layer_gain.register(Scale)
def _(layer: BatchNorm | Scale, *shapes: Shape, effort: Effort = "default") -> float:
    affine = affine_of(layer, shapes[0])
    return math.inf if affine is None else affine.largest


@layer_gain.register(MaxPool)
@layer_gain.register(AvgPool)
@layer_gain.register(AdaptiveAvgPool)
@layer_gain.register(SpatialMean)
def _(layer: Layer, *shapes: Shape, effort: Effort = "default") -> float:
    return pool_gain(layer, shapes[0])


@layer_gain.register(ReLU)
@layer_gain.register(Hardtanh)
@layer_gain.register(Tanh)
@layer_gain.register(Shift)
@layer_gain.register(Flatten)
@layer_gain.register(ZeroPad)
@layer_gain.register(Slice)
@layer_gain.register(Concat)
def _(layer: Layer, *shapes: Shape, effort: Effort = "default") -> float:
    return 1.0


@layer_gain.register
def _(layer: LeakyReLU, *shapes: Shape, effort: Effort = "default") -> float:
    return max(1.0, abs(layer.slope))


@layer_gain.register
def _(layer: Sigmoid, *shapes: Shape, effort: Effort = "default") -> float:
    return 0.25


@layer_gain.register
def _(layer: GELU, *shapes: Shape, effort: Effort = "default") -> float:
    return _GELU[layer.approximate]


@layer_gain.register
def _(layer: SiLU, *shapes: Shape, effort: Effort = "default") -> float:
    return _SILU


@layer_gain.register
def _(layer: Softmax, *shapes: Shape, effort: Effort = "default") -> float:
    channels = shapes[0][0]
    if channels == 1:
        return 0.0
    return up(math.sqrt(channels)) if layer.log else 0.5


@layer_gain.register
def _(layer: Take, *shapes: Shape, effort: Effort = "default") -> float:
    copies = int(np.bincount(np.array(layer.index, dtype=np.int64)).max(initial=0))
    return float(copies) if copies <= 1 else up(math.sqrt(copies))


@layer_gain.register
def _(layer: Add, *shapes: Shape, effort: Effort = "default") -> float:
    return up(math.hypot(1.0, layer.alpha), terms=2)
