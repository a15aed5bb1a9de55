"""The laws of `Layer`, for every registered kind: shapes, selection, conversion from real modules."""

from dataclasses import dataclass, field

import networkx as nx
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import theoryprune as tp
from tests.small import Written, normal, with_statistics
from theoryprune.layers import LAYERS

ONE = {"name": "layer", "inputs": ("x",)}
TWO = {"name": "layer", "inputs": ("x", "y")}
IMAGE = (4, 7, 6)


def record(kind, *shapes, **fields):
    return pytest.param(
        LAYERS[kind](**(TWO if len(shapes) == 2 else ONE), **fields), shapes, id=f"{kind}-{fields_id(fields)}"
    )


def fields_id(fields):
    return ",".join(f"{k}={tuple(v.shape) if isinstance(v, torch.Tensor) else v}" for k, v in fields.items())


def conv(*weight, stride=1, padding=0, dilation=1, groups=1, bias=True):
    dims = len(weight) - 2
    return {
        "weight": normal(*weight),
        "bias": normal(weight[0], seed=1) if bias else None,
        "stride": (stride,) * dims,
        "padding": padding if isinstance(padding, str) else (padding,) * dims,
        "dilation": (dilation,) * dims,
        "group_count": groups,
    }


def statistics(channels, affine=True):
    return {
        "weight": normal(channels) if affine else None,
        "bias": normal(channels, seed=1) if affine else None,
        "running_mean": normal(channels, seed=2),
        "running_var": normal(channels, seed=3).abs() + 0.5,
        "eps": 1e-5,
        "momentum": 0.1,
    }


def window(dims, kernel=3, stride=2, padding=1, **more):
    return {"kernel": (kernel,) * dims, "stride": (stride,) * dims, "padding": (padding,) * dims, **more}


RECORDS = [
    record("linear", (5,), weight=normal(3, 5), bias=normal(3)),
    record("linear", (5,), weight=normal(3, 5)),
    record("conv", (4, 9), **conv(6, 4, 3, padding=1)),
    record("conv", IMAGE, **conv(6, 4, 3, 2, stride=2, padding=1, dilation=2)),
    record("conv", IMAGE, **conv(6, 4, 3, 3, padding="same", dilation=2, bias=False)),
    record("conv", IMAGE, **conv(6, 4, 2, 2, padding="valid")),
    record("conv", IMAGE, **conv(6, 2, 3, 3, groups=2)),
    record("conv", IMAGE, **conv(8, 1, 3, 3, groups=4, padding=1)),
    record("conv", (4, 5, 4, 4), **conv(2, 4, 2, 2, 2, stride=2)),
    record("batch_norm", (4,), **statistics(4)),
    record("batch_norm", IMAGE, **statistics(4, affine=False)),
    record("relu", IMAGE),
    record("leaky_relu", IMAGE, slope=0.1),
    record("hardtanh", IMAGE, low=-0.5, high=1.0),
    record("gelu", IMAGE),
    record("gelu", IMAGE, approximate="tanh"),
    record("silu", IMAGE),
    record("sigmoid", (4,)),
    record("tanh", IMAGE),
    record("max_pool", (4, 9), **window(1, dilation=(2,))),
    record("max_pool", IMAGE, **window(2, dilation=(1, 1), ceil_mode=True)),
    record("max_pool", (4, 5, 5, 5), **window(3, dilation=(1, 1, 1))),
    record("avg_pool", (4, 9), **window(1, ceil_mode=True)),
    record("avg_pool", IMAGE, **window(2, count_include_pad=False)),
    record("avg_pool", IMAGE, **window(2, ceil_mode=True, divisor_override=3)),
    record("avg_pool", (4, 5, 5, 5), **window(3, padding=0)),
    record("adaptive_avg_pool", (4, 9), output_size=(4,)),
    record("adaptive_avg_pool", IMAGE, output_size=(1, 1)),
    record("adaptive_avg_pool", (4, 5, 5, 5), output_size=(2, 3, 1)),
    record("spatial_mean", IMAGE, axes=(1, 2)),
    record("spatial_mean", IMAGE, axes=(2,), keepdim=True),
    record("add", IMAGE, IMAGE),
    record("add", (4,), (4,), alpha=-2),
    record("scale", IMAGE, value=0.5),
    record("scale", IMAGE, value=normal(4, 1, 1), divide=True),
    record("scale", IMAGE, value=normal(())),
    record("shift", IMAGE, value=2, alpha=-1),
    record("shift", (4,), value=normal(4)),
    record("concat", IMAGE, (3, 7, 6)),
    record("flatten", IMAGE, start=0, end=2, features=42),
    record("flatten", IMAGE, start=1, end=2),
    record("flatten", IMAGE, start=0, end=1, features=7),
    record("zero_pad", IMAGE, pads=((1, 2), (0, 1), (2, 0))),
    record("zero_pad", IMAGE, pads=((0, 0), (1, 1), (1, 1))),
    record("slice", IMAGE, axis=1, start=1, stop=7, step=2),
    record("take", IMAGE, index=(2, 0, 3)),
    record("take", IMAGE, index=()),
    record("softmax", (4,)),
    record("softmax", IMAGE, log=True),
]  # fmt: skip

records = pytest.mark.parametrize(("layer", "shapes"), RECORDS)


def inputs(shapes):
    return [normal(2, *shape, seed=7 + i) for i, shape in enumerate(shapes)]


@dataclass(eq=False)
class Ties:
    """A `Coupling` that remembers."""

    graph: nx.Graph = field(default_factory=nx.Graph)

    def fresh(self, count):
        numbers = np.arange(len(self.graph), len(self.graph) + count)
        self.graph.add_nodes_from(numbers.tolist())
        return numbers

    def tie(self, first, second):
        assert first.shape == second.shape
        self.graph.add_edges_from(zip(first.tolist(), second.tolist(), strict=True))


def selection(layer, shapes, rng):
    """Random index lists (out, ins) that respect what the layer ties, and the equal sizes that groups need.

    Torch has no convolution without channels, and a softmax keeps its classes.
    """
    ties = Ties()
    ins = [ties.fresh(shape[0]) for shape in shapes]
    out = layer.couple(ties, *ins)
    assert len(out) == layer.shape(*shapes)[0]
    keep = dict.fromkeys(ties.graph, False)
    for component in nx.connected_components(ties.graph):
        needed = layer.kind == "softmax" or (layer.kind == "conv" and not component.isdisjoint({ins[0][0], out[0]}))
        kept = needed or bool(rng.random() < 0.6)
        keep.update(dict.fromkeys(component, kept))
    if getattr(layer, "groups", 1) > 1 and not layer.depthwise:
        groups = rng.random(layer.groups) < 0.7
        groups[0] = True
        for numbers in (ins[0], out):
            pattern = rng.random(len(numbers) // layer.groups) < 0.6
            pattern[0] = True
            keep.update(zip(numbers.tolist(), np.outer(groups, pattern).reshape(-1).tolist(), strict=True))
    return [
        torch.tensor([i for i, n in enumerate(side.tolist()) if keep[n]], dtype=torch.int64) for side in (out, *ins)
    ]


@records
def test_the_shape_is_that_of_forward(layer, shapes):
    assert layer.shape(*shapes) == tuple(layer.forward(*inputs(shapes)).shape[1:])


@records
def test_forward_leaves_its_inputs_alone(layer, shapes):
    xs = inputs(shapes)
    layer.forward(*xs)
    assert all(torch.equal(x, before) for x, before in zip(xs, inputs(shapes), strict=True))


@pytest.mark.parametrize("seed", range(4))
@records
def test_selecting_channels_equals_forward_without_the_others(layer, shapes, seed):
    out, *ins = selection(layer, shapes, np.random.default_rng(seed))
    xs = inputs(shapes)
    kept = [x[:, i] for x, i in zip(xs, ins, strict=True)]
    masked = [torch.zeros_like(x).index_copy(1, i, x[:, i]) for x, i in zip(xs, ins, strict=True)]
    small = layer.select(out, *ins)
    torch.testing.assert_close(small.forward(*kept), layer.forward(*masked)[:, out], rtol=1e-12, atol=1e-12)
    assert small.shape(*(tuple(x.shape[1:]) for x in kept)) == tuple(small.forward(*kept).shape[1:])


@records
def test_selecting_all_channels_changes_nothing(layer, shapes):
    whole = [torch.arange(n) for n in (layer.shape(*shapes)[0], *(shape[0] for shape in shapes))]
    small = layer.select(*whole)
    assert torch.equal(small.forward(*inputs(shapes)), layer.forward(*inputs(shapes)))


@records
def test_selection_shares_no_memory(layer, shapes):
    whole = [torch.arange(n) for n in (layer.shape(*shapes)[0], *(shape[0] for shape in shapes))]
    before = {t.data_ptr() for _, t in layer.tensors() if t.ndim}
    assert before.isdisjoint(t.data_ptr() for _, t in layer.select(*whole).tensors())


@records
def test_everything_works_without_values(layer, shapes):
    bare = layer.with_tensors({key: tensor.to("meta") for key, tensor in layer.tensors()})
    xs = [x.to("meta") for x in inputs(shapes)]
    assert tuple(bare.forward(*xs).shape[1:]) == bare.shape(*shapes) == layer.shape(*shapes)
    out, *ins = selection(layer, shapes, np.random.default_rng(1))
    small = bare.select(out, *ins)
    assert small.shape(*((len(i), *s[1:]) for i, s in zip(ins, shapes, strict=True)))[0] == len(out)


def written(function, *shape, **parts):
    return Written(function, **parts), shape


MODULES = {
    "linear": [(nn.Linear(5, 3), (5,)), (nn.Linear(5, 3, bias=False), (5,))],
    "conv": [
        (nn.Conv1d(4, 6, 3, padding=1), (4, 9)),
        (nn.Conv2d(4, 6, (3, 2), stride=2, padding=(1, 0), dilation=(1, 2), groups=2), IMAGE),
        (nn.Conv2d(4, 8, 3, groups=4, bias=False), IMAGE),
        (nn.Conv2d(4, 6, 3, padding="same", dilation=2), IMAGE),
        (nn.Conv2d(4, 6, 3, padding="valid"), IMAGE),
        (nn.Conv3d(2, 3, 2), (2, 4, 4, 4)),
    ],
    "batch_norm": [
        (nn.BatchNorm1d(5), (5,)),
        (nn.BatchNorm1d(5, momentum=None), (5, 4)),
        (nn.BatchNorm2d(4, affine=False), IMAGE),
        (nn.BatchNorm3d(2), (2, 3, 3, 3)),
    ],
    "relu": [(nn.ReLU(), IMAGE), (nn.ReLU(inplace=True), IMAGE), written(lambda _, x: x.relu(), 3)],
    "leaky_relu": [(nn.LeakyReLU(), IMAGE), (nn.LeakyReLU(0.3, inplace=True), (3,))],
    "hardtanh": [(nn.Hardtanh(-0.5, 0.3), IMAGE), (nn.ReLU6(), IMAGE), written(lambda _, x: F.relu6(x), 3)],
    "gelu": [(nn.GELU(), IMAGE), (nn.GELU("tanh"), IMAGE)],
    "silu": [(nn.SiLU(), IMAGE), (nn.SiLU(inplace=True), (3,))],
    "sigmoid": [(nn.Sigmoid(), IMAGE), written(lambda _, x: x.sigmoid(), 3)],
    "tanh": [(nn.Tanh(), IMAGE)],
    "max_pool": [
        (nn.MaxPool1d(2), (3, 9)),
        (nn.MaxPool2d(3, 2, 1, ceil_mode=True), IMAGE),
        (nn.MaxPool2d((2, 3), 1, (1, 0), dilation=2), IMAGE),
        (nn.MaxPool3d(2), (2, 4, 4, 5)),
    ],
    "avg_pool": [
        (nn.AvgPool1d(3, 2, 1, ceil_mode=True), (3, 9)),
        (nn.AvgPool2d((2, 3)), IMAGE),
        (nn.AvgPool2d(3, 2, 1, count_include_pad=False), IMAGE),
        (nn.AvgPool2d(3, 2, 1, ceil_mode=True, divisor_override=2), IMAGE),
        (nn.AvgPool3d(2), (2, 4, 4, 5)),
    ],
    "adaptive_avg_pool": [
        (nn.AdaptiveAvgPool1d(4), (3, 9)),
        (nn.AdaptiveAvgPool2d((None, 2)), IMAGE),
        (nn.AdaptiveAvgPool2d(1), IMAGE),
        (nn.AdaptiveAvgPool3d((2, 1, 3)), (2, 4, 4, 5)),
    ],
    "spatial_mean": [
        written(lambda _, x: x.mean((2, 3)), *IMAGE),
        written(lambda _, x: x.mean((-1, -2), keepdim=True), *IMAGE),
        written(lambda _, x: torch.mean(x, 2), *IMAGE),
    ],
    "add": [
        written(lambda _, x: x.relu() + x, *IMAGE),
        written(lambda _, x: x.relu() - x, 4),
        written(lambda _, x: torch.sub(x.relu(), x, alpha=3), 4),
        written(lambda _, x: x.relu().add_(x), 4),
    ],
    "scale": [
        written(lambda _, x: x * 3, 4),
        written(lambda _, x: 0.1 * x, 4),
        written(lambda _, x: x / 3, 4),
        written(lambda _, x: -x, 4),
        written(lambda m, x: x * m.c, *IMAGE, c=normal(4, 1, 1, dtype=torch.float32)),
        written(lambda m, x: m.c * x, *IMAGE, c=normal(1, 4, 1, 1, dtype=torch.float32)),
        written(lambda m, x: x / m.c, 4, c=normal(4, dtype=torch.float32)),
        written(lambda m, x: x * m.c, 4, c=normal(1, dtype=torch.float32)),
        written(lambda m, x: x * m.c, 4, c=normal((), dtype=torch.float32)),
    ],
    "shift": [
        written(lambda _, x: x + 3, 4),
        written(lambda _, x: x - 0.1, 4),
        written(lambda _, x: torch.add(x, 0.3, alpha=2), 4),
        written(lambda m, x: m.c + x, *IMAGE, c=normal(4, 1, 1, dtype=torch.float32)),
        written(lambda m, x: torch.sub(x, m.c, alpha=2), 4, c=normal(4, dtype=torch.float32)),
    ],
    "concat": [
        written(lambda _, x: torch.cat([x, x.relu(), x], 1), *IMAGE),
        written(lambda _, x: torch.cat([x, x.relu()], -1), 4),
    ],
    "flatten": [
        (nn.Flatten(), IMAGE),
        written(lambda _, x: x.view(x.size(0), -1), *IMAGE),
        written(lambda _, x: x.view(-1, 168), *IMAGE),
        written(lambda _, x: x.reshape(x.shape[0], 4, 42), *IMAGE),
        written(lambda _, x: torch.flatten(x, 2), *IMAGE),
        written(lambda _, x: x.squeeze(-1).squeeze((2,)), 4, 1, 1),
    ],
    "zero_pad": [
        (nn.ZeroPad2d((1, 0, 2, 1)), IMAGE),
        written(lambda _, x: F.pad(x, (0, 0, 0, 0, 1, 2)), *IMAGE),
        written(lambda _, x: F.pad(x, (1, 1, 0, 0, 0, 0, 0, 0)), *IMAGE),
        written(lambda _, x: F.pad(x, (2, 1)), 4),
    ],
    "slice": [written(lambda _, x: x[:, :, ::2, 1:-1], *IMAGE), written(lambda _, x: x[..., 3:100], *IMAGE)],
    "take": [written(lambda _, x: x[:, 1:3], *IMAGE), written(lambda _, x: x[:, ::2], 4)],
    "softmax": [
        (nn.Softmax(1), (4,)),
        (nn.LogSoftmax(-1), (4,)),
        written(lambda _, x: F.log_softmax(x, 1), *IMAGE),
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", LAYERS)
def test_every_registered_kind_has_its_cases(kind):
    assert MODULES[kind]
    assert any(case.values[0].kind == kind for case in RECORDS)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize(
    ("kind", "index"), [(kind, index) for kind, cases in MODULES.items() for index in range(len(cases))]
)
def test_modules_become_records_bit_for_bit(kind, index, dtype):
    module, shape = MODULES[kind][index]
    if dtype == torch.bfloat16 and kind == "avg_pool" and len(shape) == 4:
        pytest.skip("torch has no such pooling")
    # The factor gives a network without weights its dtype.
    module = with_statistics(Written(lambda m, x: m.inner(x * m.one), inner=module, one=torch.ones(()))).to(dtype)
    graph = tp.extract(module, shape)
    assert kind in {layer.kind for layer in graph.layers}
    for n in (1, 3):
        x = normal(n, *shape, dtype=dtype)
        with torch.no_grad():
            assert torch.equal(tp.forward(graph, x.clone()), module.eval()(x.clone()))
