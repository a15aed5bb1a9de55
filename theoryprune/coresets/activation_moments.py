"""Mean and deviation of what an activation makes of a Gaussian entry."""

from __future__ import annotations

from functools import singledispatch

import numpy as np
import torch
from scipy.special import ndtr

from theoryprune.geometry import rectified_moments
from theoryprune.geometry.arguments import Floats
from theoryprune.layers import Elementwise, Hardtanh, LeakyReLU, ReLU

_NODES = np.linspace(-9, 9, 401)
_WEIGHTS = np.exp(-(_NODES**2) / 2) / np.exp(-(_NODES**2) / 2).sum()


@singledispatch
def activation_moments(layer: Elementwise, mean: Floats, deviation: Floats) -> tuple[Floats, Floats]:
    """Return mean and deviation of ``act(z)``, z ~ N(mean, deviation^2), for each of n entries.

    Parameters
    ----------
    layer : Elementwise
        The activation.
    mean, deviation : ndarray, shape (n,)
        Finite; a deviation of 0 is a constant, whose mean is ``act(mean)`` exactly.

    Returns
    -------
    mean, deviation : ndarray, shape (n,)

    Notes
    -----
    Closed forms for ReLU and leaky ReLU (`theoryprune.geometry.rectified_moments`) and for hardtanh and ReLU6, which
    clip: ``clip(z) = low + relu(z - low) - relu(z - high)``. Others by the trapezoidal rule within nine
    deviations, 401 nodes, which is no closed form: for analytic functions the error falls exponentially, to below 1e-9
    for GELU, SiLU, sigmoid and tanh of deviations up to 8. That an entry is Gaussian is a model in any case.

    Examples
    --------
    >>> relu6 = Hardtanh(name="act", inputs=("x",), low=0.0, high=6.0)
    >>> mean, _ = activation_moments(relu6, np.array([0.0, 9.0]), np.array([1.0, 0.0]))
    >>> mean.round(6).tolist()
    [0.398942, 6.0]
    """
    values = _act(layer, mean[:, None] + deviation[:, None] * _NODES)
    middle = np.where(deviation > 0, values @ _WEIGHTS, _act(layer, mean))
    return middle, np.where(deviation > 0, np.sqrt(np.square(values - middle[:, None]) @ _WEIGHTS), 0.0)


def _act(layer: Elementwise, values: Floats) -> Floats:
    return np.asarray(layer.forward(torch.from_numpy(values)).numpy(), dtype=np.float64)


@activation_moments.register
def _(layer: ReLU, mean: Floats, deviation: Floats) -> tuple[Floats, Floats]:
    middle, variance = rectified_moments(mean, deviation)
    return middle, np.sqrt(variance)


@activation_moments.register
def _(layer: LeakyReLU, mean: Floats, deviation: Floats) -> tuple[Floats, Floats]:
    # slope z + (1 - slope) relu(z), and cov(z, relu(z)) = deviation^2 P(z > 0).
    slope, (middle, variance) = layer.slope, rectified_moments(mean, deviation)
    above = ndtr(mean / np.where(deviation > 0, deviation, 1))
    variance = (1 - slope) ** 2 * variance + deviation**2 * (slope**2 + 2 * slope * (1 - slope) * above)
    constant = np.where(mean > 0, mean, slope * mean)
    return np.where(deviation > 0, slope * mean + (1 - slope) * middle, constant), np.sqrt(np.maximum(variance, 0))


@activation_moments.register
def _(layer: Hardtanh, mean: Floats, deviation: Floats) -> tuple[Floats, Floats]:
    # With a = relu(z - low) and b = relu(z - high): ab = b^2 + (high - low) b.
    a, variance = rectified_moments(mean - layer.low, deviation)
    b, beyond = rectified_moments(mean - layer.high, deviation)
    variance = variance - beyond + 2 * b * (a - b - (layer.high - layer.low))
    constant = np.clip(mean, layer.low, layer.high)
    middle = np.where(deviation > 0, np.clip(layer.low + a - b, layer.low, layer.high), constant)
    return middle, np.where(deviation > 0, np.sqrt(np.maximum(variance, 0)), 0.0)
