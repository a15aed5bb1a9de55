"""ResNet-18 for small images: a 3x3 stem of stride 1 and no max-pooling (He et al. 2016; option B).

The form of the CIFAR and Tiny-ImageNet experiments of SynFlow (Tanaka et al., NeurIPS 2020): four stages
of two basic blocks with 64, 128, 256 and 512 channels. Its "WideResNet-18" is this network; a wide one
has ``width=2``.
"""

from typing import Unpack

from benchmarks.models.network import Network
from benchmarks.models.resnet_small import ResNetOptions, small_resnet

_STAGES = ((2, 64), (2, 128), (2, 256), (2, 512))


def resnet18_32(**options: Unpack[ResNetOptions]) -> Network:
    """ResNet-18 for 3x32x32, 10 classes: 21 layers, 11,173,962 parameters, 555,422,720 MACs.

    The initial weights are N(0, 2 / fan_in) unless ``init`` says otherwise.
    """
    options.setdefault("classes", 10)
    return small_resnet(_STAGES, "B", (3, 32, 32), **options)


def resnet18_64(**options: Unpack[ResNetOptions]) -> Network:
    """ResNet-18 for 3x64x64, 200 classes: 21 layers, 11,271,432 parameters, 2,221,772,800 MACs.

    The initial weights are N(0, 2 / fan_out) unless ``init`` says otherwise.
    """
    options.setdefault("classes", 200)
    options.setdefault("init", "kaiming_normal_fan_out")
    return small_resnet(_STAGES, "B", (3, 64, 64), **options)
