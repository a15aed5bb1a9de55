"""The convolutional part of the VGG networks (Simonyan, Zisserman, ICLR 2015, table 1; arXiv 1409.1556)."""

from torch import nn

from benchmarks.models.widths import scaled

PLANS: dict[int, tuple[int | str, ...]] = {
    11: (64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512),
    13: (64, 64, "M", 128, 128, "M", 256, 256, "M", 512, 512, "M", 512, 512),
    16: (64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512),
    19: (64, 64, "M", 128, 128, "M", *(256,) * 4, "M", *(512,) * 4, "M", *(512,) * 4),
}
"""Channels of the 3x3 convolutions by depth; ``"M"`` is 2x2 max-pooling, without the last one."""


def features(
    depth: int,
    *,
    last_pool: bool = False,
    width: float = 1.0,
    batch_norm: bool = True,
    conv_bias: bool = True,
) -> nn.Sequential:
    """Build the convolutional layers of VGG-``depth`` for images of three channels.

    Parameters
    ----------
    depth : {11, 13, 16, 19}
        Which plan; the original has three linear layers more.
    last_pool : bool
        Max-pooling after the last convolution too, as in the original.
    width : float
        Factor on all channels.
    batch_norm : bool
        Batch norm after each convolution, before its ReLU.
    conv_bias : bool
        Biases in the convolutions: True in open_lth and SynFlow, False in GraSP.
    """
    if depth not in PLANS:
        raise ValueError(f"depth must be one of {', '.join(map(str, PLANS))}, got {depth}")
    layers: list[nn.Module] = []
    channels = 3
    for entry in PLANS[depth]:
        if isinstance(entry, str):
            layers.append(nn.MaxPool2d(2))
            continue
        outputs = scaled(entry, width)
        layers.append(nn.Conv2d(channels, outputs, 3, padding=1, bias=conv_bias))
        if batch_norm:
            layers.append(nn.BatchNorm2d(outputs))
        layers.append(nn.ReLU())
        channels = outputs
    if last_pool:
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)
