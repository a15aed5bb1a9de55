"""VGG with batch norm for Tiny-ImageNet, 3x64x64: the form of SynFlow (Tanaka et al., NeurIPS 2020).

The default head is three linear layers with dropout on a 2x2 map; ``head="linear"`` is global average
pooling and one linear layer, without a fifth max-pooling. Counts are those of 200 classes.
"""

from typing import Unpack

from torch import nn

from benchmarks.models.initialisers import InitOptions
from benchmarks.models.network import Network, network
from benchmarks.models.vgg_heads import three_layers
from benchmarks.models.vgg_plans import features
from benchmarks.models.widths import scaled


class TinyVggOptions(InitOptions, total=False):
    """The keywords of the VGG factories for 64x64."""

    classes: int
    width: float
    head: str
    dropout: float


def tiny_vgg(
    depth: int,
    *,
    classes: int = 200,
    width: float = 1.0,
    head: str = "three_layers",
    dropout: float = 0.5,
    **initial: Unpack[InitOptions],
) -> Network:
    """Build VGG-``depth`` with batch norm for 3x64x64.

    The initial weights are N(0, 2 / fan_out) in convolutions and N(0, 0.01**2) in linear layers, unless
    ``init`` and ``linear_std`` say otherwise.

    Parameters
    ----------
    depth : {11, 13, 16, 19}
        The plan of the convolutions.
    classes : int
        Number of outputs.
    width : float
        Factor on all channels and hidden units.
    head : {"three_layers", "linear"}
        2048-1024-1024-classes with dropout, or global average pooling and 512-classes.
    dropout : float
        Share of hidden units that training drops; the linear head has none.
    **initial
        The keywords of `initialise`.
    """
    initial.setdefault("init", "kaiming_normal_fan_out")
    initial.setdefault("linear_std", 0.01)
    channels, hidden = scaled(512, width), scaled(1024, width)
    layers: dict[str, nn.Module]
    if head == "three_layers":
        layers = {
            "features": features(depth, last_pool=True, width=width),
            "flatten": nn.Flatten(),
            "classifier": three_layers(2 * 2 * channels, hidden, classes, dropout),
        }
    elif head == "linear":
        layers = {
            "features": features(depth, width=width),
            "avgpool": nn.AdaptiveAvgPool2d(1),
            "flatten": nn.Flatten(),
            "classifier": nn.Linear(channels, classes),
        }
    else:
        raise ValueError(f"head must be one of three_layers, linear, got {head!r}")
    return network(layers, (3, 64, 64), **initial)


def vgg11_bn_64(**options: Unpack[TinyVggOptions]) -> Network:
    """VGG-11-BN: 11 layers, 12,578,760 parameters, 614,408,192 MACs."""
    return tiny_vgg(11, **options)


def vgg16_bn_64(**options: Unpack[TinyVggOptions]) -> Network:
    """VGG-16-BN: 16 layers, 18,075,912 parameters, 1,256,136,704 MACs.

    With ``head="linear"``: 14 layers, 14,825,736 parameters, 1,252,888,576 MACs.
    """
    return tiny_vgg(16, **options)


def vgg19_bn_64(**options: Unpack[TinyVggOptions]) -> Network:
    """VGG-19-BN: 19 layers, 23,388,168 parameters, 1,595,875,328 MACs."""
    return tiny_vgg(19, **options)
