"""Random small residual networks: streams with groups inside their blocks, of every make."""

import numpy as np
import torch
from torch import nn

import theoryprune as tp
from tests.small import with_statistics

EXTRAS = ("plain", "scaled", "shifted", "preactivated")


class Residual(nn.Module):
    """A stem, blocks ``act(shortcut(x) + branch(x))`` or ``x + branch(norm(x))``, a head."""

    def __init__(self, rng, convolutions, extra):
        super().__init__()
        self.rng, self.convolutions, self.extra = rng, convolutions, extra
        self.bias, self.norms = bool(rng.integers(2)), bool(rng.integers(2))
        self.act = nn.LeakyReLU(float(rng.choice([0.1, 0.5, 1.0]))) if rng.integers(2) else nn.ReLU()
        width = int(rng.integers(4, 8))
        self.stem, parts = self._map(int(rng.integers(2, 5)), width), []
        for _ in range(int(rng.integers(1, 4))):
            inner, before, stride = int(rng.integers(3, 7)), width, 1
            projected = extra != "preactivated" and rng.random() < 0.4
            if projected:
                width, stride = int(rng.integers(4, 8)), int(rng.integers(1, 3))
            parts.append(nn.ModuleDict({
                "norm": self._norm(before),
                "first": self._map(before, inner, stride), "second": self._map(inner, width),
                "shortcut": self._map(before, width, stride, size=1) if projected else nn.Identity(),
            }))  # fmt: skip
            scale = rng.uniform(0.3, 1.5, width).reshape(-1, *[1, 1] * convolutions)
            parts[-1].scale = nn.Parameter(torch.from_numpy(scale))
        self.blocks, self.last, self.head = nn.ModuleList(parts), self._norm(width), nn.Linear(width, 3)

    def _map(self, inputs, outputs, stride=1, size=3):
        if not self.convolutions:
            layer, norm = nn.Linear(inputs, outputs, bias=self.bias), nn.BatchNorm1d(outputs)
        else:
            layer = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=self.bias)
            norm = nn.BatchNorm2d(outputs)
        return nn.Sequential(layer, norm) if self.norms and self.extra != "preactivated" else layer

    def _norm(self, width):
        return nn.BatchNorm2d(width) if self.convolutions else nn.BatchNorm1d(width)

    def forward(self, x):
        z = self.stem(x)
        z = z if self.extra == "preactivated" else self.act(z)
        for part in self.blocks:
            start = self.act(part["norm"](z)) if self.extra == "preactivated" else z
            change = part["second"](self.act(part["first"](start)))
            if self.extra == "scaled":
                change = change * part.scale
            if self.extra == "shifted":
                change = change + part.scale
            z = part["shortcut"](z) + change
            z = z if self.extra == "preactivated" else self.act(z)
        z = self.act(self.last(z)) if self.extra == "preactivated" else z
        return self.head(z.mean((2, 3)) if self.convolutions else z)


def residual_net(seed, extra="plain", convolutions=None):
    """A graph in float64, some of whose units lie near multiples of others."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    convolutions = bool(rng.integers(2)) if convolutions is None else convolutions
    net = with_statistics(Residual(rng, convolutions, extra)).double()
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                module.weight.copy_(torch.from_numpy(rng.uniform(0.3, 1.3, len(module.weight))))
                module.bias.copy_(torch.from_numpy(0.3 * rng.standard_normal(len(module.bias))))
            elif isinstance(module, nn.Linear | nn.Conv2d) and module is not net.head:
                near = torch.from_numpy(rng.integers(len(module.weight), size=len(module.weight)))
                blend = torch.from_numpy((rng.random(len(near)) < 0.6).astype(float))
                factor = (blend * 0.9).reshape(-1, *[1] * (module.weight.ndim - 1))
                module.weight.copy_((1 - factor) * module.weight + factor * module.weight[near])
    first = net.stem[0] if isinstance(net.stem, nn.Sequential) else net.stem
    return tp.extract(net.eval(), (first.weight.shape[1], *[5, 5] * convolutions))
