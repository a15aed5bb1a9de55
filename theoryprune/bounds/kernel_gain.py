"""The gain of a weight layer whose kernel is given, perhaps rounded."""

from __future__ import annotations

import math

from torch import Tensor

from theoryprune.bounds.arguments import as_reals
from theoryprune.bounds.conv_norm import conv_norm
from theoryprune.bounds.effort import Effort
from theoryprune.bounds.norms import spectral_norm_up
from theoryprune.bounds.rounding import Floats, norm_up, up
from theoryprune.bounds.window import Window
from theoryprune.errors import UnsupportedLayerError
from theoryprune.layers import Conv, Linear, Shape, WeightLayer


def as_floats(tensor: Tensor, name: str) -> Floats:
    """Return the values of a tensor in float64.

    Raises
    ------
    ValueError
        If they are not finite.
    """
    return as_reals(tensor.detach().cpu().double().numpy(), name, (None,) * tensor.ndim)


def kernel_gain(
    layer: WeightLayer, kernel: Floats, shape: Shape, *, relative: float = 0.0, effort: Effort = "default"
) -> float:
    """Bound the l2 gain of a linear map or convolution with other weights than its own.

    Parameters
    ----------
    layer : Linear or Conv
        Gives stride, padding, dilation and groups.
    kernel : ndarray
        Of the shape of its weight, finite.
    shape : tuple of int
        Shape per example of what the layer reads.
    relative : float
        Entries of the true kernel may differ from `kernel` by so much, relatively.
    effort : {"fast", "default", "high"}
        As in `conv_norm`.

    Returns
    -------
    float
        Rounded up; 0 only for a kernel of zeros.

    Raises
    ------
    UnsupportedLayerError
        For another kind of weight layer.

    Notes
    -----
    Linear: `spectral_norm_up`. Convolution: `conv_norm`, and for the rounding the sum over the taps of ``||dK_t||_2 <=
    relative ||K_t||_F``, at most ``relative sqrt(taps) ||K||_F``.
    """
    if isinstance(layer, Linear):
        return spectral_norm_up(kernel, relative)
    if not isinstance(layer, Conv):
        raise UnsupportedLayerError(f"'{layer.name}': the gain has no rule for weight layers of kind '{layer.kind}'")
    window = Window(stride=layer.stride, padding=layer.pads, dilation=layer.dilation)
    gain = conv_norm(kernel, shape[1:], window, effort=effort, groups=layer.groups)
    if not relative:
        return gain
    return up(gain + relative * math.sqrt(math.prod(layer.kernel)) * norm_up(kernel), terms=4)
