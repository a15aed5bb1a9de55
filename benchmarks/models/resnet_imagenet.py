"""The residual networks of ImageNet (He, Zhang, Ren, Sun, CVPR 2016, table 1; arXiv 1512.03385).

Input 3x224x224, a 7x7 stem of stride 2, 3x3 max-pooling, four stages, option-B shortcuts; in a bottleneck
the 3x3 convolution has the stride ("v1.5"). Keys are those of the widely shared trained files
(``layer2.0.downsample.0``, ``fc``). Counts are those of 1000 classes.
"""

from typing import Unpack

import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.models.initialisers import InitOptions
from benchmarks.models.network import Network, network
from benchmarks.models.residual import Projection
from benchmarks.models.resnet_small import ResNetOptions
from benchmarks.models.widths import scaled


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Module:
    return nn.Identity() if (inputs, stride) == (outputs, 1) else Projection(inputs, outputs, stride)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with batch norm, added to the shortcut."""

    expansion = 1

    def __init__(self, inputs: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = _shortcut(inputs, channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(n, inputs, h, w)`` to ``(n, channels, ceil(h / stride), ceil(w / stride))``."""
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + self.downsample(x))


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions with batch norm, added to the shortcut; four times the channels leave."""

    expansion = 4

    def __init__(self, inputs: int, channels: int, stride: int) -> None:
        super().__init__()
        outputs = self.expansion * channels
        self.conv1 = nn.Conv2d(inputs, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = _shortcut(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(n, inputs, h, w)`` to ``(n, 4 channels, ceil(h / stride), ceil(w / stride))``."""
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + self.downsample(x))


def imagenet_resnet(
    block: type[BasicBlock] | type[Bottleneck],
    blocks: tuple[int, int, int, int],
    *,
    classes: int = 1000,
    width: float = 1.0,
    **initial: Unpack[InitOptions],
) -> Network:
    """Build an ImageNet ResNet of ``blocks`` blocks per stage; ``width`` is a factor on all channels.

    The initial weights are N(0, 2 / fan_out) unless ``init`` says otherwise.
    """
    initial.setdefault("init", "kaiming_normal_fan_out")
    channels = scaled(64, width)
    layers: dict[str, nn.Module] = {
        "conv1": nn.Conv2d(3, channels, 7, 2, 3, bias=False),
        "bn1": nn.BatchNorm2d(channels),
        "relu": nn.ReLU(),
        "maxpool": nn.MaxPool2d(3, 2, 1),
    }
    for number, (repeats, base) in enumerate(zip(blocks, (64, 128, 256, 512), strict=True), start=1):
        inner = scaled(base, width)
        strides = [1 if number == 1 else 2] + [1] * (repeats - 1)
        stage = []
        for stride in strides:
            stage.append(block(channels, inner, stride))
            channels = block.expansion * inner
        layers[f"layer{number}"] = nn.Sequential(*stage)
    layers |= {
        "avgpool": nn.AdaptiveAvgPool2d(1),
        "flatten": nn.Flatten(),
        "fc": nn.Linear(channels, classes),
    }
    return network(layers, (3, 224, 224), **initial)


def resnet18_224(**options: Unpack[ResNetOptions]) -> Network:
    """ResNet-18: 21 layers, 11,689,512 parameters, 1,814,073,344 MACs."""
    return imagenet_resnet(BasicBlock, (2, 2, 2, 2), **options)


def resnet34_224(**options: Unpack[ResNetOptions]) -> Network:
    """ResNet-34: 37 layers, 21,797,672 parameters, 3,663,761,408 MACs."""
    return imagenet_resnet(BasicBlock, (3, 4, 6, 3), **options)


def resnet50_224(**options: Unpack[ResNetOptions]) -> Network:
    """ResNet-50: 54 layers, 25,557,032 parameters, 4,089,184,256 MACs."""
    return imagenet_resnet(Bottleneck, (3, 4, 6, 3), **options)
