"""A tiny network of concatenations, for tests.

After DenseNet (Huang et al., CVPR 2017; arXiv 1608.06993).
"""

from typing import Unpack

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.models.initialisers import InitOptions, initialise
from benchmarks.models.widths import scaled


class DenseLayer(nn.Module):
    """Batch norm, ReLU, 3x3 convolution; the new channels are appended to the input's."""

    def __init__(self, inputs: int, growth: int) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(inputs)
        self.conv = nn.Conv2d(inputs, growth, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(n, inputs, h, w)`` to ``(n, inputs + growth, h, w)``."""
        return torch.cat([x, self.conv(F.relu(self.bn(x)))], 1)


class DenseTiny(nn.Module):
    """A stem, two blocks of two dense layers with a pooled 1x1 transition between, a linear head."""

    def __init__(self, classes: int, width: float) -> None:
        super().__init__()
        self.example_shape = (3, 16, 16)
        stem, growth = scaled(16, width), scaled(8, width)
        end = stem + 2 * growth
        self.stem = nn.Conv2d(3, stem, 3, padding=1, bias=False)
        self.block1 = nn.Sequential(DenseLayer(stem, growth), DenseLayer(stem + growth, growth))
        self.bn1 = nn.BatchNorm2d(end)
        self.transition = nn.Conv2d(end, stem, 1, bias=False)
        self.block2 = nn.Sequential(DenseLayer(stem, growth), DenseLayer(stem + growth, growth))
        self.bn2 = nn.BatchNorm2d(end)
        self.classifier = nn.Linear(end, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(n, 3, 16, 16)`` to ``(n, classes)``."""
        x = F.relu(self.bn1(self.block1(self.stem(x))))
        x = F.avg_pool2d(self.transition(x), 2)
        x = F.relu(self.bn2(self.block2(x)))
        x = F.adaptive_avg_pool2d(x, 1)
        x = self.classifier(torch.flatten(x, 1))
        return x


def dense_tiny(*, classes: int = 10, width: float = 1.0, **initial: Unpack[InitOptions]) -> DenseTiny:
    """A network of concatenations for 3x16x16: 7 layers, 7,322 parameters, 1,163,584 MACs.

    ``width`` is a factor on all channels, ``**initial`` the keywords of `initialise`.
    """
    model = DenseTiny(classes, width)
    initialise(model, **initial)
    return model
