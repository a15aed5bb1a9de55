"""The initial weights that the pruning literature uses, by name.

Initialisation is part of a benchmark's configuration: scores at initialisation see nothing else.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypedDict

from torch import Tensor, nn

Rule = Callable[[Tensor], Tensor]

WEIGHTS: dict[str, Rule] = {
    "kaiming_normal": partial(nn.init.kaiming_normal_, mode="fan_in", nonlinearity="relu"),
    "kaiming_normal_fan_out": partial(nn.init.kaiming_normal_, mode="fan_out", nonlinearity="relu"),
    "xavier_normal": nn.init.xavier_normal_,
}

BN_SCALES: dict[str, Rule] = {"one": nn.init.ones_, "uniform": nn.init.uniform_}


class InitOptions(TypedDict, total=False):
    """The keywords of `initialise`, which every factory passes on."""

    init: str
    linear_std: float | None
    bn_scale: str


def initialise(
    model: nn.Module,
    *,
    init: str = "kaiming_normal",
    linear_std: float | None = None,
    bn_scale: str = "one",
) -> None:
    """Draw all weights of ``model`` in place, from torch's global generator.

    Biases and the shifts of batch norm become 0. Works on the meta device, where it does nothing.

    Parameters
    ----------
    model : Module
        A network of convolutions, linear layers and batch norms.
    init : {"kaiming_normal", "kaiming_normal_fan_out", "xavier_normal"}
        Weights of convolutions and linear layers: N(0, 2 / fan_in) (open_lth; CIFAR networks of SynFlow),
        N(0, 2 / fan_out) (ImageNet and Tiny-ImageNet networks) or N(0, 2 / (fan_in + fan_out)) (SNIP).
    linear_std : float, optional
        Where given, linear layers are N(0, linear_std**2) instead (0.01 in the ImageNet VGGs and in GraSP).
    bn_scale : {"one", "uniform"}
        Scales of batch norm: 1, or uniform on [0, 1) (open_lth).

    Notes
    -----
    As in torch, the fan-out of a grouped convolution counts the outputs of all groups.
    """
    draw = _named("init", WEIGHTS, init)
    draw_scale = _named("bn_scale", BN_SCALES, bn_scale)
    draw_linear = draw if linear_std is None else partial(nn.init.normal_, mean=0.0, std=linear_std)
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            draw(layer.weight)
        elif isinstance(layer, nn.Linear):
            draw_linear(layer.weight)
        elif isinstance(layer, nn.BatchNorm2d):
            draw_scale(layer.weight)
        else:
            continue
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def _named(argument: str, rules: Mapping[str, Rule], name: str) -> Rule:
    if name not in rules:
        raise ValueError(f"{argument} must be one of {', '.join(rules)}, got {name!r}")
    return rules[name]
