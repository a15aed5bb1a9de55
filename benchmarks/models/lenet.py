"""The LeNets of the pruning literature, for MNIST, 1x28x28."""

from typing import Unpack

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.models.initialisers import InitOptions, initialise


class LeNet300100(nn.Module):
    """Two hidden linear layers of 300 and 100 units, each with ReLU."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.example_shape = (1, 28, 28)
        self.fc1 = nn.Linear(28 * 28, 300)
        self.fc2 = nn.Linear(300, 100)
        self.fc3 = nn.Linear(100, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(n, 1, 28, 28)`` to ``(n, classes)``."""
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = self.fc3(x)
        return x


class LeNet5Caffe(nn.Module):
    """Two 5x5 convolutions without padding, each max-pooled, and two linear layers."""

    def __init__(self, classes: int, conv_relu: bool) -> None:
        super().__init__()
        self.example_shape = (1, 28, 28)
        self.conv_relu = conv_relu
        self.conv1 = nn.Conv2d(1, 20, 5)
        self.conv2 = nn.Conv2d(20, 50, 5)
        self.fc1 = nn.Linear(50 * 4 * 4, 500)
        self.fc2 = nn.Linear(500, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(n, 1, 28, 28)`` to ``(n, classes)``."""
        for conv in (self.conv1, self.conv2):
            x = conv(x)
            if self.conv_relu:
                x = F.relu(x)
            x = F.max_pool2d(x, 2)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = self.fc2(x)
        return x


def lenet_300_100(*, classes: int = 10, **initial: Unpack[InitOptions]) -> LeNet300100:
    """LeNet-300-100 (LeCun et al., Proc. IEEE 1998): 3 layers, 266,610 parameters, 266,200 MACs.

    ``**initial`` are the keywords of `initialise`.
    """
    model = LeNet300100(classes)
    initialise(model, **initial)
    return model


def lenet5_caffe(*, classes: int = 10, conv_relu: bool = True, **initial: Unpack[InitOptions]) -> LeNet5Caffe:
    """LeNet-5 as shipped with Caffe (20 and 50 filters): 4 layers, 431,080 parameters, 2,293,000 MACs.

    The original has no ReLU after its convolutions; the port of SNIP (Lee et al., ICLR 2019) has, and is the
    default (``conv_relu``). ``**initial`` are the keywords of `initialise`.
    """
    model = LeNet5Caffe(classes, conv_relu)
    initialise(model, **initial)
    return model
