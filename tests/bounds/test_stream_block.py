"""Merged streams: equal to the network with replaced rows, and within the bound of the chain rule."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.bounds.pruned_nets import Builder, pruned, residual
from tests.bounds.stream_nets import option_a, replaced_and_merged, rows_of, some_merge, stream
from theoryprune.bounds import end_to_end, stream_block, telescope
from theoryprune.bounds.network_witness import evaluated
from theoryprune.errors import UnsupportedLayerError
from theoryprune.layers import Conv


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.slow) for part in range(1, 5))])
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
    for seed in range(16):
        rng = np.random.default_rng(seed)
        graph, producers, readers = stream(rng, 2, bool(seed % 2))
        _, groups = residual(np.random.default_rng(0), 2, False)
        groups = [replace(group, start=graph.by_name[group.producer].inputs[0]) for group in groups]
        inner, blocks = pruned(graph, groups, rng)
        merge = some_merge(rng, graph.shapes["stem"][0])
        merges = dict.fromkeys([*producers, *readers], merge)
        replaced, merged = replaced_and_merged(inner, producers, readers, merges)
        rows = blocks, rows_of(inner, producers, merges)
        x = torch.from_numpy(rng.standard_normal((20, *graph.input_shape)))
        torch.testing.assert_close(evaluated(replaced, x), evaluated(merged, x), rtol=1e-11, atol=1e-11)
        for domain in ({"radius": 2.0}, {"x": x}):
            result = telescope((graph, inner, merged), rows, steps=10, seed=seed, **domain)
            assert result.observed <= result.error


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


def test_exact_duplicates_cost_nothing_but_rounding():
    rng = np.random.default_rng(0)
    graph, producers, _ = stream(rng, 1, True)
    n = graph.shapes["stem"][0]
    kept, target, factors = np.arange(1, n), np.arange(n), np.ones(n)
    target[0], factors[0] = 1, 2.0
    for name in producers:
        layer = graph.by_name[name]
        weight, bias = layer.weight.clone(), layer.bias.clone()
        weight[0], bias[0] = 2 * weight[1], 2 * bias[1]
        shape = graph.shapes[layer.inputs[0]]
        block = stream_block(layer, weight.numpy(), bias.numpy(), kept, target, factors, shape=shape, end=name)
        assert 0 <= block.gain < 1e-14
        assert block.constant < 1e-14


def test_groups_of_a_producer_do_not_mix():
    conv = Conv(
        name="c", inputs=("<input>",), weight=torch.ones(4, 1, 1, 1, dtype=torch.float64),
        stride=(1, 1), padding=(0, 0), dilation=(1, 1), group_count=2,
    )  # fmt: skip
    kernel, within, across = conv.weight.numpy(), ([0, 2, 3], [0, 0, 2, 3]), ([0, 1, 2], [0, 1, 2, 0])
    assert stream_block(conv, kernel, None, *within, [1.0, 1, 1, 1], shape=(2, 3, 3), end="c").gain < 1e-14
    with pytest.raises(UnsupportedLayerError, match="'c': channels of a stream are merged across its 2 groups"):
        stream_block(conv, kernel, None, *across, [1.0, 1, 1, 1], shape=(2, 3, 3), end="c")
    dropped = stream_block(conv, kernel, None, *across, [1.0, 1, 1, 0], shape=(2, 3, 3), end="c")
    assert dropped.gain == pytest.approx(1)


def test_refusals():
    net = Builder(np.random.default_rng(0), 3, False)
    net.linear("f", "<input>", 2)
    with pytest.raises(ValueError, match="kernel must have shape"):
        stream_block(net.layers[0], np.ones((2, 4)), None, [0], [0, 0], [1.0, 0.5], shape=(3,), end="f")
