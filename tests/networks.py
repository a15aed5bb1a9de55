"""Random small networks that mix every kind of layer, and random masks for them."""

import functools

import torch
from torch import nn
from torch.nn import functional

import theoryprune as tp
from benchmarks.models import MODELS


class RandomNet(nn.Module):
    """A seeded random network of blocks: plain, residual, concat, depthwise, grouped, padded, sliced."""

    def __init__(self, seed: int, blocks: int = 4, biases: bool = True) -> None:
        super().__init__()
        self.draw = torch.Generator().manual_seed(seed)
        self.example_shape = (self.pick(1, 2, 3), self.pick(9, 10, 12), self.pick(9, 11))
        self.biases = biases
        self.plan: list[tuple] = []
        self.parts = nn.ModuleDict()
        channels = self.example_shape[0]
        for _ in range(blocks):
            channels = self.add_block(channels)
        shape = self.features(torch.zeros(2, *self.example_shape)).shape[1:]
        flat = self.pick(True, False)
        self.plan.append(("flatten",) if flat else ("mean",))
        self.head = nn.Linear(shape.numel() if flat else shape[0], 4, bias=biases)
        self.randomise()

    def pick(self, *choices):
        return choices[int(torch.randint(len(choices), (), generator=self.draw))]

    def part(self, module: nn.Module) -> str:
        name = f"p{len(self.parts)}"
        self.parts[name] = module
        return name

    def conv(self, channels: int, out: int, kernel: int = 3, **options) -> str:
        padding = options.pop("padding", self.pick(0, kernel // 2)) if kernel > 1 else 0
        return self.part(nn.Conv2d(channels, out, kernel, padding=padding, bias=self.biases, **options))

    def add_block(self, channels: int) -> int:
        kinds = ("plain", "residual", "project", "concat", "depthwise", "grouped", "option_a", "slice")
        kind = self.pick(*kinds, "arithmetic", "weighted_sum", "difference", "pad", "same", "take")
        if kind in ("arithmetic", "weighted_sum", "difference", "pad", "same", "take"):
            return self.add_odd_block(kind, channels)
        if kind == "plain":
            out = self.pick(3, 4, 6)
            names = [self.conv(channels, out, padding=1), self.norm(out), self.activation(), self.pool()]
            self.plan.append(("chain", [name for name in names if name]))
            return out
        if kind == "residual":
            inner = self.pick(2, 4)
            names = [self.conv(channels, inner, padding=1), self.norm(inner), self.activation()]
            names += [self.conv(inner, channels, padding=1), self.norm(channels)]
            self.plan.append(("residual", names, []))
            return channels
        if kind == "project":
            out = self.pick(3, 5)
            names = [self.conv(channels, out, padding=1, stride=2), self.norm(out)]
            self.plan.append(("residual", names, [self.conv(channels, out, 1, stride=2), self.norm(out)]))
            return out
        if kind == "concat":
            out = self.pick(2, 3)
            self.plan.append(("concat", [self.conv(channels, out, padding=1), self.norm(out), self.activation()]))
            return channels + out
        if kind == "depthwise":
            times, out = self.pick(1, 2), self.pick(3, 5)
            spatial = self.conv(channels, channels * times, padding=1, groups=channels)
            names = [spatial, self.norm(channels * times), self.activation(), self.conv(channels * times, out, 1)]
            self.plan.append(("chain", names))
            return out
        if kind == "grouped":
            names = [self.conv(channels, 8, 1), self.activation(), self.conv(8, 4, padding=1, groups=2)]
            self.plan.append(("chain", [*names, self.norm(4)]))
            return 4
        if kind == "option_a":
            names = [self.conv(channels, channels + 2, padding=1), self.norm(channels + 2)]
            self.plan.append(("option_a", names))
            return channels + 2
        self.plan.append(("slice", channels))
        return len(range(0, channels, 2))

    def add_odd_block(self, kind: str, channels: int) -> int:
        if kind == "arithmetic":
            factor = torch.randn(channels, 1, 1, generator=self.draw)
            factor[0] = self.pick(0.0, -1.0)
            self.register_buffer(f"factor{len(self.plan)}", factor)
            self.register_buffer(f"divisor{len(self.plan)}", torch.rand(channels, 1, 1, generator=self.draw) + 0.5)
            self.plan.append((kind, len(self.plan)))
        elif kind in ("weighted_sum", "difference"):
            names = [self.conv(channels, channels, padding=1), self.norm(channels)]
            self.plan.append((kind, names, self.conv(channels, channels, padding=1), self.pick(0.5, -2, 0)))
        elif kind == "pad":
            out = self.pick(2, 4)
            names = [self.conv(channels, out, 1), self.activation()]
            self.plan.append((kind, names, self.conv(out, channels, padding=0)))
        elif kind == "same":
            names = [self.conv(channels, 3, 1), self.activation()]
            names += [self.conv(3, channels, 3, padding="same"), self.norm(channels)]
            self.plan.append(("chain", names))
        else:
            self.register_buffer(f"index{len(self.plan)}", torch.randint(channels, (4,), generator=self.draw))
            self.plan.append((kind, len(self.plan)))
            return 4
        return channels

    def norm(self, channels: int) -> str:
        return self.part(nn.BatchNorm2d(channels, affine=self.pick(True, True, False)))

    def activation(self) -> str:
        kinds = (nn.ReLU(), nn.LeakyReLU(0.1), nn.Tanh(), nn.ReLU6(), nn.Sigmoid(), nn.GELU(), nn.SiLU())
        return self.part(self.pick(*kinds))

    def pool(self) -> str | None:
        kinds = (None, nn.MaxPool2d(2, 1, 1), nn.AvgPool2d(3, 1, 1), nn.AvgPool2d(2, 1))
        chosen = self.pick(*kinds, nn.AvgPool2d(2, 2, ceil_mode=True), nn.AvgPool2d(3, 1, 1, count_include_pad=False))
        return chosen and self.part(chosen)

    def randomise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                size = module.running_mean.shape
                module.running_mean.copy_(torch.randn(size, generator=self.draw) * 0.3)
                module.running_var.copy_(torch.rand(size, generator=self.draw) + 0.5)
                if module.affine:
                    module.weight.data = torch.randn(size, generator=self.draw) * (
                        torch.rand(size, generator=self.draw) > 0.1
                    )
                    module.bias.data = torch.randn(size, generator=self.draw) * 0.3
            elif isinstance(module, nn.Conv2d | nn.Linear):
                module.weight.data = torch.randn(module.weight.shape, generator=self.draw)
                module.weight.data /= module.weight[0].numel() ** 0.5
                if module.bias is not None:
                    module.bias.data = torch.randn(module.bias.shape, generator=self.draw) * 0.3

    def run(self, names: list[str], x: torch.Tensor) -> torch.Tensor:
        for name in names:
            x = self.parts[name](x)
        return x

    def features(self, x: torch.Tensor) -> torch.Tensor:
        for kind, *rest in self.plan:
            if kind == "chain":
                x = self.run(rest[0], x)
            elif kind == "residual":
                x = functional.relu(self.run(rest[0], x) + self.run(rest[1], x))
            elif kind == "concat":
                x = torch.cat([x, self.run(rest[0], x)], 1)
            elif kind == "option_a":
                x = functional.relu(self.run(rest[0], x) + functional.pad(x, (0, 0, 0, 0, 1, 1)))
            elif kind == "arithmetic":
                x = (x * getattr(self, f"factor{rest[0]}") + 0.3) / getattr(self, f"divisor{rest[0]}") / 2
            elif kind == "weighted_sum":
                x = torch.add(self.parts[rest[1]](x), self.run(rest[0], x), alpha=rest[2])
            elif kind == "difference":
                x = functional.relu(self.run(rest[0], x) - self.parts[rest[1]](x))
            elif kind == "pad":
                x = self.parts[rest[1]](functional.pad(self.run(rest[0], x), (1, 1, 1, 1)))
            elif kind == "take":
                x = x.index_select(1, getattr(self, f"index{rest[0]}"))
            elif kind == "slice":
                x = x[:, ::2, :, 1:] if x.shape[-1] > 3 else x[:, ::2]
            elif kind == "flatten":
                x = torch.flatten(x, 1)
            else:
                x = x.mean((2, 3))
        return x

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(x))


def random_graph(seed: int, dtype: torch.dtype = torch.float64, blocks: int = 4, biases: bool = True) -> tp.WeightGraph:
    """Extract a random network in float64; many tests share one, since a graph is never written to."""
    return _extracted(seed, dtype, blocks, biases)


@functools.cache
def _extracted(seed: int, dtype: torch.dtype, blocks: int, biases: bool) -> tp.WeightGraph:
    net = RandomNet(seed, blocks, biases).to(dtype)
    return tp.extract(net, net.example_shape)


def random_mask(graph: tp.WeightGraph, density: float, seed: int) -> tp.Mask:
    """Draw a mask of about `density` that empties whole rows and columns too."""
    draw = torch.Generator().manual_seed(seed)
    keep = {}
    for name, weight in graph.weights.items():
        rows = torch.rand((weight.shape[0], *[1] * (weight.ndim - 1)), generator=draw) ** 2
        columns = torch.rand((1, weight.shape[1], *[1] * (weight.ndim - 2)), generator=draw) ** 2
        score = torch.rand(weight.shape, generator=draw) * rows * columns
        count = max(1, int(density * weight.numel()))
        keep[name] = score >= score.flatten().topk(count).values[-1]
    return tp.Mask(keep)


@functools.cache
def on_meta(name: str) -> tuple[nn.Module, tp.WeightGraph]:
    """A benchmark model without values, and its graph, which many tests share."""
    with torch.device("meta"):
        model = MODELS[name]().eval()
    return model, tp.extract(model, model.example_shape)
