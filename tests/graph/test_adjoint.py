"""The transpose of every record that a flow network may hold, against autograd."""

import pytest
import torch

import theoryprune as tp
from tests.laws.test_layers import RECORDS
from tests.maps import map_graph
from tests.small import normal
from theoryprune.graph.adjoint import adjoint
from theoryprune.graph.flow import flow_network
from theoryprune.layers import Add, Concat, Flatten, MaxPool, Scale, Shift, WeightLayer

KINDS = (
    *("max_pool", "avg_pool", "adaptive_avg_pool", "spatial_mean", "add", "scale", "shift"),
    *("concat", "flatten", "zero_pad", "slice", "take"),
)
CASES = [case for case in RECORDS if case.values[0].kind in KINDS]


def by_autograd(layer, g, xs):
    leaves = [x.detach().clone().requires_grad_() for x in xs]
    return torch.autograd.grad(layer.forward(*leaves), leaves, g)


def agrees(layer, xs):
    y = layer.forward(*xs)
    g = normal(*y.shape, seed=99)
    with torch.no_grad():
        found = adjoint(layer, g, *xs)
    expected = by_autograd(layer, g, xs)
    assert len(found) == len(expected) == len(xs)
    for part, slope, x in zip(found, expected, xs, strict=True):
        assert part.shape == x.shape
        assert not part.requires_grad
        torch.testing.assert_close(part, slope, rtol=1e-14, atol=1e-14)


def test_every_kind_is_among_the_cases():
    assert {case.values[0].kind for case in CASES} == set(KINDS)


@pytest.mark.parametrize(("layer", "shapes"), CASES)
def test_records_of_the_law_of_layers(layer, shapes):
    agrees(layer, [normal(1, *shape, seed=7 + i) for i, shape in enumerate(shapes)])


def test_records_of_random_flow_networks():
    seen = set()
    for seed in range(60):
        network = flow_network(map_graph(seed, blocks=4, biases=True), bias="unit")
        for layer in network.layers:
            if not isinstance(layer, WeightLayer):
                shapes = [network.shapes[name] for name in layer.inputs]
                agrees(layer, [normal(1, *shape, seed=i).abs() for i, shape in enumerate(shapes)])
                seen.add(layer.kind)
    assert seen == set(KINDS)


def test_factors():
    x, g = normal(1, 3, 2), normal(1, 3, 2, seed=1)
    one, two = {"name": "l", "inputs": ("x",)}, {"name": "l", "inputs": ("x", "y")}
    assert torch.equal(adjoint(Scale(**one, value=4.0, divide=True), g, x)[0], g / 4)
    assert torch.equal(adjoint(Shift(**one, value=4.0, alpha=3), g, x)[0], g)
    assert torch.equal(adjoint(Add(**two, alpha=0.5), g, x, x)[1], g / 2)
    assert [part.shape[1] for part in adjoint(Concat(**two), g, x[:, :1], x[:, :2])] == [1, 2]
    assert adjoint(Flatten(**one, start=0, end=1, features=2), g.flatten(1), x)[0].shape == x.shape


def test_tied_maxima_go_to_the_first_cell():
    pool = MaxPool(name="l", inputs=("x",), kernel=(3,), stride=(3,), padding=(0,), dilation=(1,))
    x = torch.tensor([[[1.0, 2.0, 2.0, 3.0, 3.0, 3.0]]])
    assert adjoint(pool, torch.tensor([[[5.0, 7.0]]]), x)[0].tolist() == [[[0, 5, 0, 7, 0, 0]]]


def test_grad_modes_do_not_matter():
    graph = map_graph(0, kinds=("max",))
    with torch.no_grad():
        assert tp.synflow(graph).total > 0
