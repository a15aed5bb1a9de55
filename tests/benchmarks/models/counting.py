"""Exact counts of a network on the meta device; multiply-adds by torch's counter, not by ours."""

from typing import NamedTuple

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


class Counts(NamedTuple):
    """What the tables of the literature list; a layer is a convolution or linear map."""

    layers: int
    parameters: int
    weights: int
    macs: int


def on_meta(factory, **options):
    """The model in evaluation mode without values: shapes only."""
    with torch.device("meta"):
        return factory(**options).eval()


def layers_of(model):
    """The prunable layers by name, in the order of the ``state_dict``."""
    return {name: m for name, m in model.named_modules() if isinstance(m, nn.Conv2d | nn.Linear)}


def batch(model, n):
    return torch.empty(n, *model.example_shape, device="meta")


def counts(model):
    weights = [layer.weight.numel() for layer in layers_of(model).values()]
    parameters = sum(p.numel() for p in model.parameters())
    with FlopCounterMode(display=False) as counter:
        model(batch(model, 1))
    macs, odd = divmod(counter.get_total_flops(), 2)
    assert odd == 0
    return Counts(len(weights), parameters, sum(weights), macs)
