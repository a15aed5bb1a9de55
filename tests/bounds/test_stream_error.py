"""What one reader of a merged stream sees: never above the bound, which is never above the sum over channels."""

import numpy as np
import pytest
import torch

from tests.bounds.stream_nets import mixing, some_merge, stream
from theoryprune.bounds import stream_error


def test_one_reader_of_the_unpruned_stream():
    tightest = 0.0
    for seed in range(80):
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


def test_exact_duplicates_cost_nothing_but_rounding():
    rows = [np.random.default_rng(seed).standard_normal((4, 3)) for seed in range(2)]
    for producer in rows:
        producer[0] = 2 * producer[1]
    duplicate = ([1, 2, 3], [1, 1, 2, 3], [2.0, 1, 1, 1])
    assert stream_error(np.ones((2, 4)), rows, *duplicate, [1.0, 1.0]) < 1e-13
    whole = (np.arange(4), np.arange(4), np.ones(4))
    assert stream_error(np.ones((2, 4)), rows, *whole, [np.inf, 1.0]) == 0
    assert stream_error(np.ones((2, 4)), rows, [1, 2], [1, 1, 2, 2], [2.0, 1, 1, 1], [np.inf, 1.0]) == np.inf


def test_refusals():
    rows, one = [np.ones((2, 3))], (np.array([0]), np.array([0, 0]), np.array([1.0, 0.5]))
    with pytest.raises(ValueError, match="norms must be one non-negative number for each of the 1 producers"):
        stream_error(np.ones((1, 2)), rows, *one, [1.0, 2.0])
    with pytest.raises(ValueError, match="norms"):
        stream_error(np.ones((1, 2)), rows, *one, [float("nan")])
    with pytest.raises(ValueError, match="multipliers must not be negative"):
        stream_error(np.ones((1, 2)), rows, [0], [0, 0], [1.0, -0.5], [1.0])
