"""The thin residual networks of CIFAR (He, Zhang, Ren, Sun, CVPR 2016, section 4.2; arXiv 1512.03385).

ResNet-(6n+2): n basic blocks in each of three stages of 16, 32 and 64 channels, on 3x32x32. ``resnet20``
has the 1x1 convolutions of option B as shortcuts, as SynFlow and open_lth; ``resnet20_a`` the zero
padding of option A, as the original. Counts are those of ten classes: layers, parameters,
multiply-accumulates (MACs).
"""

from typing import Unpack

from benchmarks.models.network import Network
from benchmarks.models.resnet_small import ResNetOptions, small_resnet


def cifar_resnet(depth: int, option: str, **options: Unpack[ResNetOptions]) -> Network:
    """Build the CIFAR ResNet of ``depth`` = 6n + 2 layers on paths without shortcuts.

    Parameters
    ----------
    depth : int
        8, 14, 20, ...
    option : {"A", "B"}
        The shortcut where the shape changes.
    **options
        ``classes`` (10), ``width`` (1; a factor on all channels, 2 in GraSP's ResNet-32), and the keywords of
        `initialise`.
    """
    blocks, rest = divmod(depth - 2, 6)
    if blocks < 1 or rest:
        raise ValueError(f"depth must be 6 n + 2 with n >= 1, got {depth}")
    options.setdefault("classes", 10)
    return small_resnet([(blocks, 16), (blocks, 32), (blocks, 64)], option, (3, 32, 32), **options)


def resnet20(**options: Unpack[ResNetOptions]) -> Network:
    """ResNet-20, option B: 22 layers, 272,474 parameters, 40,813,184 MACs."""
    return cifar_resnet(20, "B", **options)


def resnet32(**options: Unpack[ResNetOptions]) -> Network:
    """ResNet-32, option B: 34 layers, 466,906 parameters, 69,124,736 MACs."""
    return cifar_resnet(32, "B", **options)


def resnet44(**options: Unpack[ResNetOptions]) -> Network:
    """ResNet-44, option B: 46 layers, 661,338 parameters, 97,436,288 MACs."""
    return cifar_resnet(44, "B", **options)


def resnet56(**options: Unpack[ResNetOptions]) -> Network:
    """ResNet-56, option B: 58 layers, 855,770 parameters, 125,747,840 MACs."""
    return cifar_resnet(56, "B", **options)


def resnet110(**options: Unpack[ResNetOptions]) -> Network:
    """ResNet-110, option B: 112 layers, 1,730,714 parameters, 253,149,824 MACs."""
    return cifar_resnet(110, "B", **options)


def resnet1202(**options: Unpack[ResNetOptions]) -> Network:
    """ResNet-1202, option B: 1204 layers, 19,424,026 parameters, 2,829,501,056 MACs."""
    return cifar_resnet(1202, "B", **options)


def resnet20_a(**options: Unpack[ResNetOptions]) -> Network:
    """ResNet-20, option A: 20 layers, 269,722 parameters, 40,551,040 MACs."""
    return cifar_resnet(20, "A", **options)


def resnet32_a(**options: Unpack[ResNetOptions]) -> Network:
    """ResNet-32, option A: 32 layers, 464,154 parameters, 68,862,592 MACs."""
    return cifar_resnet(32, "A", **options)


def resnet44_a(**options: Unpack[ResNetOptions]) -> Network:
    """ResNet-44, option A: 44 layers, 658,586 parameters, 97,174,144 MACs."""
    return cifar_resnet(44, "A", **options)


def resnet56_a(**options: Unpack[ResNetOptions]) -> Network:
    """ResNet-56, option A: 56 layers, 853,018 parameters, 125,485,696 MACs."""
    return cifar_resnet(56, "A", **options)


def resnet110_a(**options: Unpack[ResNetOptions]) -> Network:
    """ResNet-110, option A: 110 layers, 1,727,962 parameters, 252,887,680 MACs."""
    return cifar_resnet(110, "A", **options)
