"""VGG with batch norm for 32x32 images: the form of open_lth and SynFlow (Tanaka et al., NeurIPS 2020).

3x3 convolutions with bias, batch norm and ReLU; the last 2x2 map is averaged and read by one linear
layer. Counts are those of ten classes: layers, parameters, multiply-accumulates (MACs).
"""

from typing import Unpack

from torch import nn

from benchmarks.models.initialisers import InitOptions
from benchmarks.models.network import Network, network
from benchmarks.models.vgg_plans import features
from benchmarks.models.widths import scaled


class CifarVggOptions(InitOptions, total=False):
    """The keywords of the VGG factories for 32x32."""

    classes: int
    width: float
    conv_bias: bool


def cifar_vgg(
    depth: int,
    *,
    classes: int = 10,
    width: float = 1.0,
    conv_bias: bool = True,
    **initial: Unpack[InitOptions],
) -> Network:
    """Build VGG-``depth`` with batch norm for 3x32x32.

    Parameters
    ----------
    depth : {11, 13, 16, 19}
        The plan; the name counts two linear layers of the original that are absent here.
    classes : int
        Number of outputs.
    width : float
        Factor on all channels.
    conv_bias : bool
        Biases in the convolutions; GraSP has none.
    **initial
        The keywords of `initialise`.
    """
    layers: dict[str, nn.Module] = {
        "features": features(depth, width=width, conv_bias=conv_bias),
        "avgpool": nn.AvgPool2d(2),
        "flatten": nn.Flatten(),
        "classifier": nn.Linear(scaled(512, width), classes),
    }
    return network(layers, (3, 32, 32), **initial)


def vgg11_bn(**options: Unpack[CifarVggOptions]) -> Network:
    """VGG-11-BN: 9 layers, 9,231,114 parameters, 152,769,536 MACs."""
    return cifar_vgg(11, **options)


def vgg13_bn(**options: Unpack[CifarVggOptions]) -> Network:
    """VGG-13-BN: 11 layers, 9,416,010 parameters, 228,267,008 MACs."""
    return cifar_vgg(13, **options)


def vgg16_bn(**options: Unpack[CifarVggOptions]) -> Network:
    """VGG-16-BN: 14 layers, 14,728,266 parameters, 313,201,664 MACs."""
    return cifar_vgg(16, **options)


def vgg19_bn(**options: Unpack[CifarVggOptions]) -> Network:
    """VGG-19-BN: 17 layers, 20,040,522 parameters, 398,136,320 MACs."""
    return cifar_vgg(19, **options)
