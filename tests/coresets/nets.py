"""Small networks of every structure, with batch norms that are not the initial ones, and twins among their units."""

import functools
from dataclasses import replace

import numpy as np
import torch
from torch import nn

import theoryprune as tp
from benchmarks.models import MODELS
from tests.small import with_statistics
from theoryprune.coresets.hidden_groups import hidden_groups

OPTIONS = {
    "digits_mlp": {"hidden": (16, 12)},
    "lenet5_caffe": {},
    "resnet20": {"width": 0.25},
    "resnet20_a": {"width": 0.25},
    "mobile_tiny": {},
    "dense_tiny": {"width": 0.5},
    "grouped_tiny": {},
}
"""Of the benchmark models that the tests reduce: dense, convolutions, residual, depthwise, concatenated, grouped."""


@functools.cache
def model_graph(name, dtype=torch.float64, seed=0):
    torch.manual_seed(seed)
    model = with_statistics(MODELS[name](**OPTIONS[name])).to(dtype)
    return tp.extract(model, model.example_shape)


def sequential_graph(*modules, shape, dtype=torch.float64, seed=0):
    torch.manual_seed(seed)
    net = nn.Sequential(*modules)
    for module in net:
        if getattr(module, "bias", None) is not None:
            nn.init.normal_(module.bias)
    return tp.extract(with_statistics(net).to(dtype), shape)


def inputs_of(graph, count=4, seed=1):
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(count, *graph.input_shape, generator=draw, dtype=graph.dtype)


def with_twins(graph, streams=True, factor=1.0):
    """Make the second half of the units of every group (block by block) `factor` times the first half."""
    for hidden in hidden_groups(graph):
        if hidden.refusal or hidden.units < 2 or (hidden.stream and not streams):
            continue
        source = np.arange(hidden.units)
        for block in range(hidden.step):
            own = np.flatnonzero(hidden.blocks == block)
            half = len(own) // 2
            source[own[half : 2 * half]] = own[:half]
        graph = _copied(graph, hidden, source, factor)
    return graph


def _copied(graph, hidden, source, factor):
    changed = {}
    for axis in hidden.group.axes:
        if axis.side == "out":
            place = {number: channel for channel, number in enumerate(axis.channels.tolist()) if number >= 0}
            index = [place[source[number]] if number >= 0 else c for c, number in enumerate(axis.channels.tolist())]
            layer = graph.by_name[axis.layer]
            moved = torch.tensor([i != c for c, i in enumerate(index)])
            copies = {}
            for key, tensor in layer.tensors():
                scale = torch.where(moved, factor, 1.0).to(tensor).reshape(-1, *[1] * (tensor.ndim - 1))
                copies[key] = tensor[index] * scale
            changed[layer.name] = layer.with_tensors(copies)
    return replace(graph, layers=tuple(changed.get(layer.name, layer) for layer in graph.layers))


def difference(first, second):
    """The largest difference over the largest value."""
    return float((first - second).abs().max() / first.abs().max())
