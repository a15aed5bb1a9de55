"""Residual networks for small images: a 3x3 stem, stages of basic blocks, global average pooling."""

from collections.abc import Sequence
from typing import Unpack

from torch import nn

from benchmarks.models.initialisers import InitOptions
from benchmarks.models.network import Network, network
from benchmarks.models.residual import SHORTCUTS, BasicBlock
from benchmarks.models.widths import scaled


class ResNetOptions(InitOptions, total=False):
    """The keywords of the ResNet factories."""

    classes: int
    width: float


def small_resnet(
    stages: Sequence[tuple[int, int]],
    option: str,
    example_shape: tuple[int, int, int],
    *,
    classes: int,
    width: float = 1.0,
    **initial: Unpack[InitOptions],
) -> Network:
    """Build a ResNet with a 3x3 stem; every stage but the first halves the image.

    Parameters
    ----------
    stages : sequence of (blocks, channels)
        Number of basic blocks and of channels; the stem has the channels of the first stage.
    option : {"A", "B"}
        The shortcut where the shape changes (see `benchmarks.models.residual`).
    example_shape : tuple of int
        Channels, height and width of one image.
    classes : int
        Number of outputs.
    width : float
        Factor on all channels.
    **initial
        The keywords of `initialise`.

    Notes
    -----
    Keys: ``conv1``, ``bn1``, ``layer1.0.conv1``, ``layer1.0.bn1``, ..., ``linear``; with option B also
    ``layer2.0.shortcut.0`` (convolution) and ``.1`` (batch norm), after the other layers of their block.
    """
    if option not in SHORTCUTS:
        raise ValueError(f"option must be one of {', '.join(SHORTCUTS)}, got {option!r}")
    channels = scaled(stages[0][1], width)
    layers: dict[str, nn.Module] = {
        "conv1": nn.Conv2d(example_shape[0], channels, 3, 1, 1, bias=False),
        "bn1": nn.BatchNorm2d(channels),
        "relu": nn.ReLU(),
    }
    for number, (blocks, base) in enumerate(stages, start=1):
        outputs = scaled(base, width)
        layers[f"layer{number}"] = _stage(blocks, channels, outputs, 1 if number == 1 else 2, option)
        channels = outputs
    layers["pool"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    layers["linear"] = nn.Linear(channels, classes)
    return network(layers, example_shape, **initial)


def _stage(blocks: int, inputs: int, outputs: int, stride: int, option: str) -> nn.Sequential:
    first = BasicBlock(inputs, outputs, stride, option)
    return nn.Sequential(first, *(BasicBlock(outputs, outputs, 1, option) for _ in range(blocks - 1)))
