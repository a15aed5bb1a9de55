"""Random small networks over maps of one, two or three axes, put together from records: many of them, quickly."""

from itertools import pairwise

import torch

import theoryprune as tp
from theoryprune.layers import (
    AdaptiveAvgPool,
    Add,
    AvgPool,
    BatchNorm,
    Concat,
    Conv,
    Flatten,
    Linear,
    MaxPool,
    ReLU,
    SpatialMean,
    Take,
    ZeroPad,
)
from theoryprune.layers import Slice as Cut


class MapNet:
    """A seeded network that grows record by record; `ties` draws its weights from {0, 1/2, 1}, `ceil` rounds up."""

    def __init__(self, seed, dims=2, ties=False, biases=False, low=5, high=57, ceil=False):
        self.draw = torch.Generator().manual_seed(seed)
        self.dims, self.ties, self.biases, self.ceil = dims, ties, biases, ceil
        self.shape = (self.pick(1, 2, 3), *(self.between(low, high) for _ in range(dims)))
        self.input_shape, self.layers, self.here, self.order = self.shape, [], "<input>", []

    def between(self, low, high):
        return int(torch.randint(low, high + 1, (), generator=self.draw))

    def pick(self, *choices):
        return choices[self.between(0, len(choices) - 1)]

    def each(self, low, high):
        return tuple(self.between(low, high) for _ in range(self.dims))

    def weight(self, *shape):
        if self.ties:
            return torch.randint(3, shape, generator=self.draw).double() / 2
        return torch.randn(shape, generator=self.draw, dtype=torch.float64)

    def add(self, kind, *inputs, **fields):
        """Append a record; False, and nothing done, if its map would have no cells."""
        inputs = inputs or (self.here,)
        shapes = [self.shape_of(name) for name in inputs]
        name = f"r{len(self.layers)}"
        if "weight" in fields:
            fields["names"] = {"weight": f"{name}.weight"}
            if self.biases and self.pick(True, False):
                fields["names"]["bias"] = f"{name}.bias"
                fields["bias"] = self.weight(fields["weight"].shape[0])
        layer = kind(name=name, inputs=inputs, **fields)
        if kind in (Conv, MaxPool, AvgPool):
            pads = layer.pads if kind is Conv else [(p, p) for p in layer.padding]
            dilations = getattr(layer, "dilation", (1,) * self.dims)
            axes = zip(shapes[0][1:], layer.kernel, dilations, pads, strict=True)
            pool = kind is not Conv  # torch wants average windows to fit without the padding, some maxima meet no cell
            if any(n + a + b < d * (k - 1) + 1 or (pool and n < k * d) for n, k, d, (a, b) in axes):
                return False
        self.layers.append((layer, layer.shape(*shapes)))
        self.here, self.shape = name, self.layers[-1][1]
        if "weight" in fields:
            self.order.append(f"{name}.weight")
        return True

    def shape_of(self, name):
        return self.input_shape if name == "<input>" else next(s for layer, s in self.layers if layer.name == name)

    def conv(self, out, kernel=None, stride=None, padding=None, dilation=None, groups=1, start=None):
        kernel = kernel or self.each(1, 4 if self.dims < 3 else 3)
        channels = self.shape_of(start or self.here)[0]
        return self.add(
            Conv,
            *([start] if start else []),
            weight=self.weight(out, channels // groups, *kernel),
            stride=stride or self.each(1, 3),
            padding=self.each(0, 2) if padding is None else padding,
            dilation=dilation or self.each(1, 2),
            group_count=groups,
        )

    def block(self, kind):
        ones, start = (1,) * self.dims, self.here
        threes = (3,) * self.dims
        if kind == "conv":
            self.conv(self.between(1, 4))
        elif kind == "plain":
            self.conv(self.between(1, 4), threes, ones, ones, ones)
        elif kind == "same":
            self.conv(self.between(1, 3), None, ones, "same")
        elif kind == "depthwise":
            self.conv(self.shape[0] * self.pick(1, 2), threes, None, ones, None, groups=self.shape[0])
        elif kind == "max":
            fields = {"kernel": self.each(2, 3), "stride": self.each(1, 3), "padding": self.each(0, 1)}
            self.add(MaxPool, **fields, dilation=self.each(1, 2), ceil_mode=self.ceil)
        elif kind == "avg":
            fields = {"kernel": self.each(2, 3), "stride": self.each(1, 3), "padding": self.each(0, 1)}
            self.add(AvgPool, **fields, count_include_pad=self.pick(True, False), ceil_mode=self.ceil)
        elif kind == "residual":
            stride, out = self.each(1, 3), self.between(1, 3)
            self.conv(out, threes, stride, ones, ones)
            inner = self.here
            self.conv(out, ones, stride, (0,) * self.dims, ones, start=start)
            self.add(Add, inner, self.here)
        elif kind == "identity":
            self.conv(self.shape[0], threes, ones, ones, ones)
            self.add(Add, self.here, start)
        elif kind == "concat":
            self.conv(self.between(1, 2), threes, ones, ones, ones)
            self.add(Concat, start, self.here)
        elif kind == "pad":
            self.add(
                ZeroPad, pads=(self.pick((0, 0), (1, 0)), *((self.between(0, 2), self.between(0, 2)) for _ in ones))
            )
        elif kind == "slice":
            axis = self.between(1, self.dims)
            self.add(
                Cut, axis=axis, start=self.pick(0, self.shape[axis] // 4), stop=self.shape[axis], step=self.pick(1, 2)
            )
        elif kind == "take":
            self.add(Take, index=tuple(self.between(0, self.shape[0] - 1) for _ in range(2)))
        elif kind == "norm":
            fields = {"weight": self.weight(self.shape[0]), "bias": None, "running_mean": torch.zeros(self.shape[0])}
            norm = BatchNorm(
                name=f"r{len(self.layers)}",
                inputs=(self.here,),
                **fields,
                running_var=torch.rand(self.shape[0], generator=self.draw).double() + 0.5,
                eps=1e-5,
                momentum=0.1,
            )
            self.layers.append((norm, self.shape))
            self.here = norm.name
            self.add(ReLU)

    def head(self, kind):
        if kind == "mean":
            self.add(SpatialMean, axes=tuple(range(1, self.dims + 1)))
        elif kind == "cells":
            self.add(AdaptiveAvgPool, output_size=(2,) * self.dims)
        if kind != "map":
            if len(self.shape) > 1:
                size = torch.Size(self.shape).numel()
                self.add(Flatten, start=0, end=self.dims, features=size // self.shape[0])
            self.add(Linear, weight=self.weight(3, self.shape[0]))

    def graph(self):
        layers = tuple(layer for layer, _ in self.layers)
        return tp.WeightGraph(layers=layers, input_shape=self.input_shape, output=self.here, order=tuple(self.order))


KINDS = ("conv", "plain", "plain", "same", "depthwise", "max", "avg", "residual", "identity", "concat", "pad", "norm")


def map_graph(seed, blocks=3, kinds=(*KINDS, "slice", "take"), **options):
    """Draw a network of some blocks and a head; there is always a weight."""
    net = MapNet(seed, **options)
    for _ in range(blocks):
        net.block(net.pick(*kinds))
    net.head(net.pick("flatten", "mean", "cells", "map"))
    if not net.order:
        net.conv(2, (1,) * net.dims) if len(net.shape) > 1 else net.head("linear")
    return net.graph()


def chain_graph(*widths, seed=0, scale=1.0):
    """A chain of linear layers without biases."""
    draw = torch.Generator().manual_seed(seed)
    layers = []
    for k, (a, b) in enumerate(pairwise(widths)):
        weight = torch.randn(b, a, generator=draw, dtype=torch.float64) * scale
        before = f"{k - 1}" if k else "<input>"
        layers.append(Linear(name=f"{k}", inputs=(before,), names={"weight": f"{k}.weight"}, weight=weight))
    order = tuple(f"{layer.name}.weight" for layer in layers)
    return tp.WeightGraph(layers=tuple(layers), input_shape=(widths[0],), output=layers[-1].name, order=order)


def with_mask(graph, density, seed):
    """Zero weights at random."""
    draw = torch.Generator().manual_seed(seed)
    return graph.with_weights(
        {n: w * (torch.rand(w.shape, generator=draw) < density) for n, w in graph.weights.items()}
    )
