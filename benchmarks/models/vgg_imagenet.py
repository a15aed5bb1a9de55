"""VGG for ImageNet, with and without batch norm (Simonyan, Zisserman, ICLR 2015, table 1; A, D and E).

Input 3x224x224; the plan and a fifth pooling, a 7x7 map, and three linear layers with ReLU and dropout.
Keys are those of the widely shared trained files (``features.0``, ``classifier.6``). Counts are those of
1000 classes.
"""

from typing import Unpack

from torch import nn

from benchmarks.models.initialisers import InitOptions
from benchmarks.models.network import Network, network
from benchmarks.models.vgg_heads import three_layers
from benchmarks.models.vgg_plans import features
from benchmarks.models.widths import scaled


class ImageNetVggOptions(InitOptions, total=False):
    """The keywords of the VGG factories for 224x224."""

    classes: int
    width: float
    dropout: float


def imagenet_vgg(
    depth: int,
    batch_norm: bool,
    *,
    classes: int = 1000,
    width: float = 1.0,
    dropout: float = 0.5,
    **initial: Unpack[InitOptions],
) -> Network:
    """Build VGG-``depth`` for 3x224x224.

    The initial weights are N(0, 2 / fan_out) in convolutions and N(0, 0.01**2) in linear layers, unless
    ``init`` and ``linear_std`` say otherwise.

    Parameters
    ----------
    depth : {11, 13, 16, 19}
        The plan; all its layers have weights here, so the name counts them.
    batch_norm : bool
        Batch norm after each convolution.
    classes : int
        Number of outputs.
    width : float
        Factor on all channels and hidden units.
    dropout : float
        Share of hidden units that training drops.
    **initial
        The keywords of `initialise`.
    """
    initial.setdefault("init", "kaiming_normal_fan_out")
    initial.setdefault("linear_std", 0.01)
    inputs, hidden = 7 * 7 * scaled(512, width), scaled(4096, width)
    layers: dict[str, nn.Module] = {
        "features": features(depth, last_pool=True, width=width, batch_norm=batch_norm),
        "avgpool": nn.AdaptiveAvgPool2d(7),
        "flatten": nn.Flatten(),
        "classifier": three_layers(inputs, hidden, classes, dropout),
    }
    return network(layers, (3, 224, 224), **initial)


def vgg11_224(**options: Unpack[ImageNetVggOptions]) -> Network:
    """VGG-11: 11 layers, 132,863,336 parameters, 7,609,090,048 MACs."""
    return imagenet_vgg(11, False, **options)


def vgg16_224(**options: Unpack[ImageNetVggOptions]) -> Network:
    """VGG-16: 16 layers, 138,357,544 parameters, 15,470,264,320 MACs."""
    return imagenet_vgg(16, False, **options)


def vgg19_224(**options: Unpack[ImageNetVggOptions]) -> Network:
    """VGG-19: 19 layers, 143,667,240 parameters, 19,632,062,464 MACs."""
    return imagenet_vgg(19, False, **options)


def vgg11_bn_224(**options: Unpack[ImageNetVggOptions]) -> Network:
    """VGG-11-BN: 11 layers, 132,868,840 parameters, 7,609,090,048 MACs."""
    return imagenet_vgg(11, True, **options)


def vgg16_bn_224(**options: Unpack[ImageNetVggOptions]) -> Network:
    """VGG-16-BN: 16 layers, 138,365,992 parameters, 15,470,264,320 MACs."""
    return imagenet_vgg(16, True, **options)


def vgg19_bn_224(**options: Unpack[ImageNetVggOptions]) -> Network:
    """VGG-19-BN: 19 layers, 143,678,248 parameters, 19,632,062,464 MACs."""
    return imagenet_vgg(19, True, **options)
