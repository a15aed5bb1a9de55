"""Residual streams to merge, the merge applied to networks, and its rows."""

from dataclasses import replace

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import theoryprune as tp
from tests.bounds.pruned_nets import Builder
from tests.small import Written
from theoryprune.bounds import stream_block
from theoryprune.layers import Add


def with_layers(graph, changes):
    """The graph with other weights and biases in some layers."""
    return replace(graph, layers=tuple(replace(layer, **changes.get(layer.name, {})) for layer in graph.layers))


def stream(rng, blocks=4, bias=False):
    """A stem and blocks z -> relu(z + B relu(A z)) with a head; its producers, readers and blocks' groups."""
    net = Builder(rng, int(rng.integers(3, 6)), bias)
    width = int(rng.integers(4, 8))
    net.linear("stem", "<input>", width)
    here = net.relu("stem")
    for i in range(blocks):
        inner = net.relu(net.linear(f"a{i}", here, int(rng.integers(3, 7))))
        net.linear(f"b{i}", inner, width)
        here = net.relu(net.add(Add(name=f"add{i}", inputs=(here, f"b{i}")), width))
    net.linear("head", here, 3)
    return net.graph(), ["stem", *(f"b{i}" for i in range(blocks))], [*(f"a{i}" for i in range(blocks)), "head"]


def some_merge(rng, n):
    """Kept channels, and for each of the others one of them and a multiplier, sometimes none."""
    kept = np.sort(rng.choice(n, int(rng.integers(1, n)), replace=False))
    target, factors = np.arange(n), np.ones(n)
    for j in np.setdiff1d(np.arange(n), kept):
        target[j], factors[j] = rng.choice(kept), rng.choice([0.0, rng.uniform(0.2, 1.5)], p=[0.2, 0.8])
    return kept, target, factors


def mixing(kept, target, factors):
    """The matrix from channels to channels: row j is a_j times that of c(j), kept rows are their own."""
    matrix = torch.zeros(len(target), len(target), dtype=torch.float64)
    matrix[torch.arange(len(target)), torch.from_numpy(target)] = torch.from_numpy(factors)
    return matrix


def on_channels(matrix, tensor):
    return torch.einsum("ij,j...->i...", matrix, tensor)


def replaced_and_merged(graph, producers, readers, merges):
    """The network with replaced rows, and the merged one: rows of zeros, folded columns."""
    rows, zeros, changes = {}, {}, {}
    for name in producers:
        kept, target, factors = merges[name]
        layer, matrix = graph.by_name[name], mixing(kept, target, factors)
        mask = torch.zeros(len(target), dtype=torch.float64)
        mask[kept] = 1
        keys = ["weight"] + (["bias"] if layer.bias is not None else [])
        rows[name] = {key: on_channels(matrix, getattr(layer, key)) for key in keys}
        zeros[name] = {key: on_channels(torch.diag(mask), getattr(layer, key)) for key in keys}
    for name in readers:
        kept, target, factors = merges[name]
        folded = torch.einsum("oj...,ji->oi...", graph.by_name[name].weight, mixing(kept, target, factors))
        changes[name] = {"weight": folded}
    return with_layers(graph, rows), with_layers(graph, zeros | changes)


def rows_of(graph, producers, merges, **options):
    """The rows for `end_to_end`, one for each producer."""
    blocks = []
    for name in producers:
        layer = graph.by_name[name]
        bias = None if layer.bias is None else layer.bias.numpy()
        shape, end = graph.shapes[layer.inputs[0]], name
        blocks.append(stream_block(layer, layer.weight.numpy(), bias, *merges[name], shape=shape, end=end, **options))
    return blocks


def option_a(seed):
    """Two stages of convolutions; the shortcut between them is strided and padded with channels of zeros."""
    generator = torch.Generator().manual_seed(seed)

    def conv(a, b, stride=1):
        layer = nn.Conv2d(a, b, 3, stride, 1).double()
        for p in layer.parameters():
            p.data = torch.randn(p.shape, generator=generator, dtype=torch.float64) / 4
        return layer

    def forward(m, x):
        x = torch.relu(m.stem(x))
        x = torch.relu(x + m.b0(torch.relu(m.a0(x))))
        x = torch.relu(functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 1, 1)) + m.b1(torch.relu(m.a1(x))))
        x = torch.relu(x + m.b2(torch.relu(m.a2(x))))
        return m.head(x)

    parts = {"stem": conv(2, 4), "a0": conv(4, 3), "b0": conv(3, 4), "a1": conv(4, 3, 2), "b1": conv(3, 6)}
    return tp.extract(Written(forward, **parts, a2=conv(6, 3), b2=conv(3, 6), head=conv(6, 2)), (2, 8, 8))
