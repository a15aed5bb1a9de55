"""A tiny network of grouped convolutions, for tests.

After ResNeXt (Xie et al., CVPR 2017; arXiv 1611.05431).
"""

from typing import Unpack

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.models.initialisers import InitOptions, initialise
from benchmarks.models.residual import Projection
from benchmarks.models.widths import scaled

GROUPS = 4


class GroupedBottleneck(nn.Module):
    """1x1, grouped 3x3 and 1x1 convolutions with batch norm, added to the shortcut."""

    def __init__(self, inputs: int, hidden: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, hidden, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(hidden)
        self.conv2 = nn.Conv2d(hidden, hidden, 3, stride, 1, groups=GROUPS, bias=False)
        self.bn2 = nn.BatchNorm2d(hidden)
        self.conv3 = nn.Conv2d(hidden, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        same_shape = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same_shape else Projection(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(n, inputs, h, w)`` to ``(n, outputs, ceil(h / stride), ceil(w / stride))``."""
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + self.shortcut(x))


class GroupedTiny(nn.Module):
    """A stem, three grouped bottlenecks of which the second halves the image, a linear head."""

    def __init__(self, classes: int, width: float) -> None:
        super().__init__()
        self.example_shape = (3, 16, 16)
        hidden = GROUPS * scaled(4, width)
        c1, c2 = scaled(16, width), scaled(32, width)
        self.stem = nn.Conv2d(3, c1, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(c1)
        self.block1 = GroupedBottleneck(c1, hidden, c1, 1)
        self.block2 = GroupedBottleneck(c1, 2 * hidden, c2, 2)
        self.block3 = GroupedBottleneck(c2, 2 * hidden, c2, 1)
        self.classifier = nn.Linear(c2, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(n, 3, 16, 16)`` to ``(n, classes)``."""
        x = F.relu(self.bn(self.stem(x)))
        x = self.block3(self.block2(self.block1(x)))
        x = F.adaptive_avg_pool2d(x, 1)
        x = self.classifier(torch.flatten(x, 1))
        return x


def grouped_tiny(*, classes: int = 10, width: float = 1.0, **initial: Unpack[InitOptions]) -> GroupedTiny:
    """A network of grouped convolutions for 3x16x16: 12 layers, 11,130 parameters, 1,044,800 MACs.

    ``width`` is a factor on all channels, ``**initial`` the keywords of `initialise`.
    """
    model = GroupedTiny(classes, width)
    initialise(model, **initial)
    return model
