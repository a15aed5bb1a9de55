"""The gain to the output: never exceeded by ascent, exact where it must be, refusals by name."""

import numpy as np
import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.bounds.ascent import output_from, top_gain, worst_ratio
from tests.maps import chain_graph
from tests.networks import random_graph
from tests.small import Written, normal, with_statistics
from theoryprune.bounds import lipschitz, output_gains
from theoryprune.errors import UnsupportedLayerError
from theoryprune.layers import Layer


@pytest.mark.parametrize("seed", range(24))
def test_never_exceeded_from_any_tensor_of_a_random_network(seed):
    graph = random_graph(seed)
    draw = np.random.default_rng(seed)
    gains = output_gains(graph, effort="fast")
    assert set(gains) == set(graph.shapes)
    names = ["<input>", graph.output, *draw.choice([layer.name for layer in graph.layers], 4)]
    for name in names:
        function, value = output_from(graph, name, normal(1, *graph.input_shape, seed=seed))
        reached = worst_ratio(lambda d, f=function, v=value: f(v + d), [value.shape[1:]], starts=2, steps=12)
        assert reached <= gains[name]
    assert gains[graph.output] == 1


def test_chains_of_linear_maps_take_the_product_of_the_norms():
    graph = chain_graph(4, 6, 5, 3)
    norms = [np.linalg.norm(weight.numpy(), 2) for weight in graph.weights.values()]
    assert np.prod(norms) <= lipschitz(graph) <= np.prod(norms) * (1 + 1e-8)
    assert norms[2] <= lipschitz(graph, "1") <= norms[2] * (1 + 1e-8)


def test_one_linear_map_with_batch_norm_is_nearly_exact():
    torch.manual_seed(0)
    net = with_statistics(nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.BatchNorm2d(5)), seed=4).double().eval()
    graph = tp.extract(net, (3, 6, 6))
    reached = top_gain(lambda x: tp.forward(graph, x), [(3, 6, 6)])
    loose = lipschitz(tp.extract(net[0], (3, 6, 6)), effort="high") * lipschitz(graph, "0")
    assert reached <= lipschitz(graph, effort="high") <= 1.1 * reached
    assert lipschitz(graph, effort="high") < loose


def test_residual_and_concatenation_known_answers():
    half = nn.Linear(3, 3, bias=False).double()
    half.weight.data = torch.diag(torch.tensor([0.5, 0.25, 0.0], dtype=torch.float64))
    added = tp.extract(Written(lambda m, x: x + m.f(x), f=half), (3,))
    assert lipschitz(added) == pytest.approx(1.5)
    less = tp.extract(Written(lambda m, x: torch.add(x, m.f(x), alpha=-2), f=half), (3,))
    assert lipschitz(less) == pytest.approx(2)
    both = tp.extract(Written(lambda m, x: torch.cat([x, m.f(x)], 1), f=half), (3,))
    assert lipschitz(both) == pytest.approx(np.hypot(1, 0.5))


def test_a_start_inside_a_chain_is_not_skipped():
    net = with_statistics(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))).double()
    graph = tp.extract(net, (3,))
    gains = output_gains(graph)
    scale = graph.by_name["1"].affine()[0].abs().max()
    assert gains["0"] == pytest.approx(float(scale) * gains["1"])
    assert gains["1"] == pytest.approx(gains[graph.layers[2].name])


def test_what_the_output_does_not_read_has_gain_zero():
    graph = tp.extract(Written(lambda m, x: m.f(x), f=nn.Linear(3, 2)), (3,))
    dead = graph.by_name["f"].with_tensors({"weight": torch.zeros(2, 3)})
    assert lipschitz(graph.with_weights({"f.weight": torch.zeros(2, 3)})) == 0
    assert dead.weight.sum() == 0


def test_overflow_is_infinite_and_deep_products_are_honest():
    graph = chain_graph(*[8] * 40, scale=1e8)
    assert lipschitz(graph) == np.inf
    assert 0 < lipschitz(chain_graph(*[8] * 40, scale=1e-9)) < 1e-280


def test_refusals():
    graph = chain_graph(3, 2)
    with pytest.raises(ValueError, match="start must name a tensor of the graph, got 'nowhere'"):
        lipschitz(graph, "nowhere")
    with pytest.raises(ValueError, match="effort must be one of"):
        lipschitz(graph, effort="huge")
    unknown = type("Unknown", (Layer,), {"kind": "unknown", "shape": lambda self, s: s})
    unknown.__abstractmethods__ = frozenset()
    strange = tp.WeightGraph((unknown(name="u", inputs=("<input>",)),), (3,), "u", ())
    with pytest.raises(UnsupportedLayerError, match=r"'u'.*unknown"):
        lipschitz(strange)
    with pytest.raises(TypeError, match="graph must be a WeightGraph"):
        lipschitz(nn.Linear(2, 2))
