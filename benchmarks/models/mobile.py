"""A tiny network of depthwise convolutions, for tests.

After MobileNetV2 (Sandler et al., CVPR 2018; arXiv 1801.04381).
"""

from typing import Unpack

import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.models.initialisers import InitOptions, initialise
from benchmarks.models.widths import scaled


class InvertedResidual(nn.Module):
    """1x1 expansion, 3x3 depthwise, 1x1 linear projection; added to the input where the shape stays."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = expansion * inputs
        self.same_shape = stride == 1 and inputs == outputs
        self.expand = nn.Conv2d(inputs, hidden, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(hidden)
        self.depthwise = nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden, bias=False)
        self.bn2 = nn.BatchNorm2d(hidden)
        self.project = nn.Conv2d(hidden, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(n, inputs, h, w)`` to ``(n, outputs, ceil(h / stride), ceil(w / stride))``."""
        y: Tensor = F.relu6(self.bn1(self.expand(x)))
        y = F.relu6(self.bn2(self.depthwise(y)))
        y = self.bn3(self.project(y))
        if self.same_shape:
            y = x + y
        return y


class MobileTiny(nn.Module):
    """A strided stem, three inverted residuals, a 1x1 convolution, a linear head on the mean over space."""

    def __init__(self, classes: int, width: float) -> None:
        super().__init__()
        self.example_shape = (3, 16, 16)
        c1, c2, c3 = scaled(8, width), scaled(16, width), scaled(32, width)
        self.stem = nn.Conv2d(3, c1, 3, 2, 1, bias=False)
        self.bn = nn.BatchNorm2d(c1)
        self.block1 = InvertedResidual(c1, c1, 1, 2)
        self.block2 = InvertedResidual(c1, c2, 2, 3)
        self.block3 = InvertedResidual(c2, c2, 1, 3)
        self.last = nn.Conv2d(c2, c3, 1, bias=False)
        self.last_bn = nn.BatchNorm2d(c3)
        self.classifier = nn.Linear(c3, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(n, 3, 16, 16)`` to ``(n, classes)``."""
        x = F.relu6(self.bn(self.stem(x)))
        x = self.block3(self.block2(self.block1(x)))
        x = F.relu6(self.last_bn(self.last(x)))
        x = self.classifier(x.mean((2, 3)))
        return x


def mobile_tiny(*, classes: int = 10, width: float = 1.0, **initial: Unpack[InitOptions]) -> MobileTiny:
    """A depthwise network for 3x16x16: 12 layers, 4,730 parameters, 101,312 MACs.

    ``width`` is a factor on all channels, ``**initial`` the keywords of `initialise`.
    """
    model = MobileTiny(classes, width)
    initialise(model, **initial)
    return model
