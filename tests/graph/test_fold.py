"""Factors taken into the weights before them: the same function, the same scores."""

from dataclasses import replace

import pytest
import torch

import theoryprune as tp
from tests.maps import KINDS, map_graph
from tests.networks import random_graph
from theoryprune.graph.flow import flow_network
from theoryprune.graph.fold import fold_scales
from theoryprune.layers import Add, Linear, Scale

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")


def flow_and_scores(network):
    """R and w dR/dw, plainly."""
    weights = {name: weight.clone().requires_grad_() for name, weight in network.weights.items()}
    total = tp.forward(network.with_weights(weights), torch.ones(1, *network.input_shape, dtype=torch.float64)).sum()
    slopes = torch.autograd.grad(total, list(weights.values()), allow_unused=True, materialize_grads=True)
    return float(total.detach()), {n: s * w.detach() for (n, w), s in zip(weights.items(), slopes, strict=True)}


def scales(network):
    return sum(isinstance(layer, Scale) for layer in network.layers)


def check(network):
    """Compare a network with the folded one; return how many factors were taken in."""
    folded = fold_scales(network.with_weights({name: weight.clone() for name, weight in network.weights.items()}))
    (total, scores), (again, others) = flow_and_scores(network), flow_and_scores(folded)
    assert again == pytest.approx(total, rel=1e-13)
    for name, score in scores.items():
        torch.testing.assert_close(others[name], score, rtol=1e-13, atol=1e-13 * total)
    x = torch.rand(2, *network.input_shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(tp.forward(folded, x), tp.forward(network, x), rtol=1e-13, atol=0)
    assert list(folded.weights) == list(network.weights)
    return scales(network) - scales(folded)


@pytest.mark.parametrize("bias", ["drop", "unit"])
def test_the_function_and_the_scores_stay(bias):
    gone = [
        check(flow_network(map_graph(seed, blocks=5, kinds=(*KINDS, *["norm"] * 8), biases=True), bias=bias))
        for seed in range(60)
    ]
    assert sum(gone) > 20


def test_random_networks():
    graphs = [random_graph(seed, biases=False) for seed in range(8)]
    assert sum(check(flow_network(graph)) for graph in graphs) > 4


def network(*layers, output=None):
    weights = [f"{layer.name}.weight" for layer in layers if isinstance(layer, Linear)]
    return tp.WeightGraph(layers=layers, input_shape=(2,), output=output or layers[-1].name, order=tuple(weights))


def linear(name, reads, value=1.0):
    weight = torch.full((2, 2), value, dtype=torch.float64)
    return Linear(name=name, inputs=(reads,), names={"weight": f"{name}.weight"}, weight=weight)


def scale(name, reads, value=3.0, divide=False):
    return Scale(name=name, inputs=(reads,), value=value, divide=divide)


def kinds(graph):
    return [layer.name for layer in fold_scales(graph).layers]


def test_a_row_of_factors_per_channel():
    per_channel = torch.tensor([2.0, 0.0], dtype=torch.float64)
    graph = network(linear("a", "<input>"), scale("s", "a", per_channel), scale("t", "s", 4.0, divide=True))
    folded = fold_scales(graph)
    assert [layer.name for layer in folded.layers] == ["a"]
    assert folded.output == "a"
    assert folded.weights["a.weight"].tolist() == [[0.5, 0.5], [0, 0]]


def test_what_would_underflow_or_overflow_is_left_as_it_is():
    tiny = network(linear("a", "<input>", 1e-200), scale("s", "a", 1e-150))
    assert kinds(tiny) == ["a", "s"]
    assert kinds(network(linear("a", "<input>", 1e200), scale("s", "a", 1e150))) == ["a", "s"]
    assert kinds(network(linear("a", "<input>", 1e-150), scale("s", "a", 1e-150))) == ["a"]
    assert kinds(network(linear("a", "<input>", 0.0), scale("s", "a", 1e-300))) == ["a"]


def test_only_where_nothing_else_reads_in_between():
    join = Add(name="out", inputs=("a", "s"))
    assert kinds(network(linear("a", "<input>"), scale("s", "a"), join)) == ["a", "s", "out"]
    assert kinds(network(linear("a", "<input>"), scale("s", "a"), output="a")) == ["a", "s"]
    assert kinds(network(scale("s", "<input>"), linear("a", "s"))) == ["s", "a"]


def test_a_factor_that_is_read_twice_is_folded_once_and_those_behind_it_stay():
    graph = network(
        linear("a", "<input>"),
        scale("s", "a", 2.0),
        scale("t", "s", 5.0),
        Add(name="out", inputs=("s", "t")),
    )
    assert check(graph) == 1
    assert kinds(graph) == ["a", "t", "out"]
    twice = replace(graph, layers=(*graph.layers[:2], Add(name="out", inputs=("s", "s"))))
    assert check(twice) == 1
    assert kinds(twice) == ["a", "out"]
