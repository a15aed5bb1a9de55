"""Merged streams: equal to the network with replaced rows, and within both bounds."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import theoryprune as tp
from tests.bounds.pruned_nets import Builder, pruned, residual
from tests.small import Written
from theoryprune.bounds import end_to_end, replication, stream_block, stream_error
from theoryprune.bounds.network_witness import evaluated
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


@pytest.mark.parametrize("part", range(5))
def test_merged_equals_replaced_and_both_stay_within_the_bound(part):
    tightest = 0.0
    for seed in range(40 * part, 40 * part + 40):
        rng = np.random.default_rng(seed)
        graph, producers, readers = stream(rng, 4 if seed % 4 == 0 else 2, bool(seed % 2))
        merge = some_merge(rng, graph.shapes["stem"][0])
        merges = dict.fromkeys([*producers, *readers], merge)
        replaced, merged = replaced_and_merged(graph, producers, readers, merges)
        x = torch.from_numpy(rng.standard_normal((20, *graph.input_shape)))
        torch.testing.assert_close(evaluated(replaced, x), evaluated(merged, x), rtol=1e-11, atol=1e-11)
        result = end_to_end(graph, merged, rows_of(graph, producers, merges), radius=2.0, steps=10, seed=seed)
        assert result.observed <= result.error
        instance = end_to_end(graph, merged, rows_of(graph, producers, merges), x=x)
        assert instance.observed <= instance.error
        tightest = max(tightest, instance.observed / instance.error)
    assert tightest > 0.02


def test_streams_merged_after_the_groups_inside_their_blocks():
    for seed in range(40):
        rng = np.random.default_rng(seed)
        graph, producers, readers = stream(rng, 2, bool(seed % 2))
        _, groups = residual(np.random.default_rng(0), 2, False)
        groups = [replace(group, start=graph.by_name[group.producer].inputs[0]) for group in groups]
        inner, blocks = pruned(graph, groups, rng)
        merge = some_merge(rng, graph.shapes["stem"][0])
        merges = dict.fromkeys([*producers, *readers], merge)
        replaced, merged = replaced_and_merged(inner, producers, readers, merges)
        factor = replication(merge[1], merge[2], merge[0])
        rows = [block.magnified(starts=factor) for block in blocks] + rows_of(inner, producers, merges)
        x = torch.from_numpy(rng.standard_normal((20, *graph.input_shape)))
        torch.testing.assert_close(evaluated(replaced, x), evaluated(merged, x), rtol=1e-11, atol=1e-11)
        for domain in ({"radius": 2.0}, {"x": x}):
            result = end_to_end(graph, merged, rows, steps=10, seed=seed, **domain)
            assert result.observed <= result.error


def test_one_reader_of_the_unpruned_stream():
    tightest = 0.0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        graph, producers, _ = stream(rng, 4, bool(seed % 2))
        kept, target, factors = some_merge(rng, graph.shapes["stem"][0])
        x = torch.from_numpy(rng.standard_normal((1, *graph.input_shape)))
        values = {"<input>": x}
        for layer in graph.layers:
            values[layer.name] = layer.forward(*(values[name] for name in layer.inputs))
        outgoing = rng.standard_normal((3, len(target)))
        z = [values[name][0].numpy() for name in ["relu_stem", *(f"relu_add{i}" for i in range(4))]]
        rows, norms = [], []
        for name, state in zip(producers, z, strict=True):
            layer = graph.by_name[name]
            one = [] if layer.bias is None else [layer.bias.numpy()[:, None]]
            rows.append(np.concatenate([layer.weight.numpy(), *one], axis=1))
            norms.append(float(np.hypot(float(values[layer.inputs[0]].norm()), len(one))) * (1 + 1e-12))
            merged = mixing(kept, target, factors).numpy() @ state
            error = np.linalg.norm(outgoing @ (state - merged)) * (1 - 1e-12)
            bound = stream_error(outgoing, rows, kept, target, factors, norms)
            assert error <= bound
            tightest = max(tightest, error / bound)
            residuals = [r - factors[:, None] * r[target] for r in rows]
            sizes = sum(np.linalg.norm(r, axis=1) * n for r, n in zip(residuals, norms, strict=True))
            assert bound <= (np.linalg.norm(outgoing, axis=0) * sizes).sum() * (1 + 1e-9) + 1e-12
    assert tightest > 0.5


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


def test_a_strided_shortcut_ties_the_stages():
    for seed in range(6):
        rng, graph = np.random.default_rng(seed), option_a(seed)
        kept, target, factors = some_merge(rng, 4)
        wide = (
            np.sort(np.concatenate([[0, 5], kept + 1])),
            np.concatenate([[0], target + 1, [5]]), np.concatenate([[1.0], factors, [1.0]]),
        )  # fmt: skip
        first, second = ["stem", "a0", "b0", "a1"], ["b1", "a2", "b2", "head"]
        merges = dict.fromkeys(first, (kept, target, factors)) | dict.fromkeys(second, wide)
        producers, readers = ["stem", "b0", "b1", "b2"], ["a0", "a1", "a2", "head"]
        replaced, merged = replaced_and_merged(graph, producers, readers, merges)
        x = torch.from_numpy(rng.standard_normal((4, *graph.input_shape)))
        torch.testing.assert_close(evaluated(replaced, x), evaluated(merged, x), rtol=1e-11, atol=1e-11)
        rows = rows_of(graph, producers, merges, effort="fast")
        for domain in ({"radius": 3.0}, {"x": x}):
            result = end_to_end(graph, merged, rows, effort="fast", steps=10, **domain)
            assert result.observed <= result.error


def test_replication_is_the_norm_of_the_map_from_kept_channels():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        kept, target, factors = some_merge(rng, 7)
        exact = float(torch.linalg.matrix_norm(mixing(kept, target, factors)[:, kept], 2))
        assert exact * (1 - 1e-12) <= replication(target, factors, kept) <= exact * (1 + 1e-9)
    assert replication(np.arange(3), np.ones(3), np.arange(3)) == pytest.approx(1)


def test_exact_duplicates_cost_nothing_but_rounding():
    rng = np.random.default_rng(0)
    graph, producers, _ = stream(rng, 1, True)
    n = graph.shapes["stem"][0]
    kept, target, factors = np.arange(1, n), np.arange(n), np.ones(n)
    target[0], factors[0] = 1, 2.0
    rows = []
    for name in producers:
        layer = graph.by_name[name]
        weight, bias = layer.weight.clone(), layer.bias.clone()
        weight[0], bias[0] = 2 * weight[1], 2 * bias[1]
        shape = graph.shapes[layer.inputs[0]]
        block = stream_block(layer, weight.numpy(), bias.numpy(), kept, target, factors, shape=shape, end=name)
        assert 0 <= block.gain < 1e-14
        assert block.constant < 1e-14
        rows.append(weight.numpy())
    assert stream_error(np.ones((2, n)), rows, kept, target, factors, [1.0, 1.0]) < 1e-13
    assert stream_error(np.ones((2, n)), rows, np.arange(n), np.arange(n), np.ones(n), [np.inf, 1.0]) == 0


def test_refusals():
    rows, one = [np.ones((2, 3))], (np.array([0]), np.array([0, 0]), np.array([1.0, 0.5]))
    with pytest.raises(ValueError, match="norms must be one non-negative number for each of the 1 producers"):
        stream_error(np.ones((1, 2)), rows, *one, [1.0, 2.0])
    with pytest.raises(ValueError, match="norms"):
        stream_error(np.ones((1, 2)), rows, *one, [float("nan")])
    with pytest.raises(ValueError, match="multipliers must not be negative"):
        stream_error(np.ones((1, 2)), rows, [0], [0, 0], [1.0, -0.5], [1.0])
    net = Builder(np.random.default_rng(0), 3, False)
    net.linear("f", "<input>", 2)
    with pytest.raises(ValueError, match="kernel must have shape"):
        stream_block(net.layers[0], np.ones((2, 4)), None, *one, shape=(3,), end="f")
