"""A small network of convolutions, and reductions with one thing changed."""

from dataclasses import replace

import torch
from torch import nn

import theoryprune as tp


def convolutions(groups=1):
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(2, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 6, 3, groups=groups), nn.ReLU(), nn.Flatten(), nn.Linear(24, 3),
    )  # fmt: skip
    return tp.extract(net, (2, 8, 8))


def with_first(result, **changes):
    """Change fields of the first row's certificate."""
    first, *rest = result.layers
    row = replace(first, certificate=replace(first.certificate, **changes))
    return replace(result, plan=replace(result.plan, layers=(row, *rest)))


def with_coreset(result, name, **changes):
    return replace(result, coresets={**result.coresets, name: replace(result.coresets[name], **changes)})
