"""Synaptic flow against known answers: by hand, and the masks of the published procedure in float64."""

import json
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import theoryprune as tp
from benchmarks.models import resnet20, vgg11_bn
from tests.small import same, witness

FIXTURES = Path(__file__).parents[1] / "fixtures" / "synflow"
NETWORKS = {"resnet20": resnet20, "vgg11bn": vgg11_bn}


def recipe(network, seed):
    """The graph of a fixture with the weights of its recipe, and its results by log10 of the compression."""
    fixture = json.loads((FIXTURES / f"{network}_seed{seed}.json").read_text())
    model = NETWORKS[network]().double()
    graph = tp.extract(model, model.example_shape)
    weights = {}
    for number, (name, layer) in enumerate(zip(graph.order, fixture["layers"], strict=True)):
        shape = tuple(layer["shape"])
        draw = np.random.RandomState(1000 * seed + number).standard_normal(shape)
        weights[name] = torch.from_numpy(draw * sqrt(2 / np.prod(shape[1:])))
    return graph.with_weights(weights), fixture["results"]


CASES = [("resnet20", 0, alpha) for alpha in ("1.0", "3.0")] + [("resnet20", 1, "2.0")]
SLOW = [("resnet20", 0, alpha) for alpha in ("0.5", "1.5", "2.0")] + [("resnet20", 1, "1.0")]
SLOW += [("vgg11bn", 0, alpha) for alpha in ("1.0", "2.0", "3.0")]


@pytest.mark.parametrize(
    ("network", "seed", "alpha"),
    [*CASES, *(pytest.param(*case, marks=pytest.mark.slow) for case in SLOW)],
)
def test_counts_and_hashes_of_the_published_procedure_in_float64(network, seed, alpha):
    graph, results = recipe(network, seed)
    pruning = tp.prune(graph, tp.synflow, 10 ** -float(alpha), tp.exponential(100))
    expected = results[alpha]
    assert [int(keep.sum()) for keep in pruning.mask.keep.values()] == expected["kept_per_layer"]
    assert pruning.mask.kept == expected["kept_total"]
    assert pruning.mask.sha256 == expected["mask_sha256"]


def test_every_fixture_is_asked_for():
    for path in FIXTURES.glob("*.json"):
        network, seed = path.stem.split("_seed")
        asked = {alpha for name, s, alpha in [*CASES, *SLOW] if (name, s) == (network, int(seed))}
        assert asked == set(json.loads(path.read_text())["results"])


def chain_221(signs=(1, 1, 1, 1, 1, 1)):
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)).double()
    a, b, c, d, e, f = (sign * value for sign, value in zip(signs, (1.0, 2, 3, 4, 5, 6), strict=True))
    net[0].weight.data = torch.tensor([[a, b], [c, d]], dtype=torch.float64)
    net[2].weight.data = torch.tensor([[e, f]], dtype=torch.float64)
    for layer in (net[0], net[2]):
        layer.bias.data.zero_()
    return net


@pytest.mark.parametrize("signs", [(1, 1, 1, 1, 1, 1), (-1, 1, -1, -1, 1, -1)])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_the_chain_2_2_1_by_hand(signs, dtype):
    scores = tp.synflow(tp.extract(chain_221(signs), (2,)), dtype=dtype)
    size = 2**scores.exponent
    assert scores.total * size == 57
    assert (scores.values["0.weight"] * size).tolist() == [[5, 10], [18, 24]]
    assert (scores.values["2.weight"] * size).tolist() == [[15, 42]]
    assert scores.values["0.weight"].dtype == dtype


def test_trap_037_only_a_shape_is_needed_and_trap_036_nothing_is_touched():
    net = chain_221().train()
    before = witness(net)
    tp.prune(tp.extract(net, (2,)), tp.synflow, density=0.5, schedule=tp.exponential(3))
    assert same(witness(net), before)


def test_trap_018_scores_are_keyed_by_name():
    import copy

    net = chain_221()
    first, second = (tp.synflow(tp.extract(model, (2,))) for model in (net, copy.deepcopy(net)))
    assert list(first.values) == list(second.values) == ["0.weight", "2.weight"]
    assert all(torch.equal(first.values[name], second.values[name]) for name in first.values)


def test_trap_043_float32_is_near_float64_and_the_total_kept_is_equal():
    graph, _ = recipe("resnet20", 0)
    exact, rough = tp.synflow(graph), tp.synflow(graph, dtype=torch.float32)
    assert exact.exponent == rough.exponent
    for name in graph.order:
        torch.testing.assert_close(rough.values[name].double(), exact.values[name], rtol=1e-4, atol=0)


def test_half_precision_models_are_scored_in_float64():
    net = chain_221().half()
    scores = tp.synflow(tp.extract(net, (2,)))
    assert scores.values["0.weight"].dtype == torch.float64
    assert scores.total * 2**scores.exponent == 57


def test_arguments():
    graph = tp.extract(chain_221(), (2,))
    with pytest.raises(ValueError, match="bias must be 'drop' or 'unit', got 'zero'"):
        tp.synflow(graph, bias="zero")
    with pytest.raises(ValueError, match="meta"):
        tp.synflow(tp.extract(nn.Linear(2, 2, device="meta"), (2,)))
