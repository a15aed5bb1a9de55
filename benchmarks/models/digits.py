"""Networks for scikit-learn's digits, real images of 1x8x8 in ten classes: they train in seconds on a CPU."""

from typing import Unpack

from torch import nn

from benchmarks.models.initialisers import InitOptions
from benchmarks.models.network import Network, network
from benchmarks.models.resnet_small import ResNetOptions, small_resnet


def digits_mlp(*, classes: int = 10, hidden: tuple[int, ...] = (128, 64), **initial: Unpack[InitOptions]) -> Network:
    """Linear layers 64-128-64-10 with ReLU: 17,226 parameters, 17,024 MACs.

    ``hidden`` are the widths of the hidden layers, ``**initial`` the keywords of `initialise`.
    """
    layers: dict[str, nn.Module] = {"flatten": nn.Flatten()}
    inputs = 8 * 8
    for number, units in enumerate(hidden, start=1):
        layers[f"fc{number}"] = nn.Linear(inputs, units)
        layers[f"relu{number}"] = nn.ReLU()
        inputs = units
    layers["linear"] = nn.Linear(inputs, classes)
    return network(layers, (1, 8, 8), **initial)


def digits_convnet(**options: Unpack[ResNetOptions]) -> Network:
    """A small residual network: 7 layers, 77,290 parameters, 2,116,224 MACs.

    A 3x3 stem of 32 channels, one basic block of 32 and one of 64 channels (stride 2, 1x1 shortcut),
    global average pooling. Trained for 8 epochs it reads about 98 % of the test digits.
    """
    options.setdefault("classes", 10)
    return small_resnet([(1, 32), (1, 64)], "B", (1, 8, 8), **options)
