import pytest
from torch import nn

import theoryprune as tp
from tests.coresets.nets import difference, inputs_of, model_graph, sequential_graph, with_twins
from theoryprune.coresets import apply_coreset, group_coreset, hidden_layer, merge, norm


def net(*between, norm=nn.BatchNorm2d):
    return sequential_graph(nn.Conv2d(2, 8, 3), norm(8), *between, nn.Conv2d(8, 3, 2), shape=(2, 7, 7))


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize(
    "between",
    [
        (nn.ReLU(),),
        (nn.LeakyReLU(0.1), nn.MaxPool2d(2)),
        (),
        (nn.ReLU(), nn.BatchNorm2d(8)),
        (nn.AvgPool2d(2), nn.ReLU()),
    ],
    ids=str,
)
def test_silent_channels_go_and_nothing_else_changes(between, affine):
    graph = net(*between, norm=lambda n: nn.BatchNorm2d(n, affine=affine))
    layer = hidden_layer(graph, "0")
    sparse = apply_coreset(graph, {"0": norm(layer.incoming, layer.outgoing, 5)})
    assert {n: t.shape for n, t in sparse.state_dict().items() if n in graph.state_dict()} == {
        n: t.shape for n, t in graph.state_dict().items()
    }
    small = tp.compact(sparse)
    assert small.weights["0.weight"].shape[0] == 5
    assert difference(tp.forward(sparse, inputs_of(graph)), tp.forward(small, inputs_of(graph))) < 1e-12


@pytest.mark.parametrize("bias", [True, False])
def test_twins_behind_a_shifted_activation(bias):
    graph = with_twins(
        sequential_graph(nn.Linear(3, 8), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, 2, bias=bias), shape=(3,))
    )
    layer = hidden_layer(graph, "0")
    sparse = apply_coreset(graph, {"0": merge(layer.incoming, layer.outgoing, 4)})
    x = inputs_of(graph)
    assert difference(tp.forward(graph, x), tp.forward(sparse, x)) < 1e-12
    assert difference(tp.forward(graph, x), tp.forward(tp.compact(sparse), x)) < 1e-12


def test_multiples_merge_without_a_trace():
    graph = with_twins(sequential_graph(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2), shape=(3,)), factor=3.0)
    layer = hidden_layer(graph, "0")
    sparse = apply_coreset(graph, {"0": merge(layer.incoming, layer.outgoing, 4)})
    assert difference(tp.forward(graph, inputs_of(graph)), tp.forward(sparse, inputs_of(graph))) < 1e-12


def test_a_whole_coreset_changes_nothing():
    graph = net(nn.ReLU())
    layer = hidden_layer(graph, "0")
    assert apply_coreset(graph, {"0": merge(layer.incoming, layer.outgoing, 8)}) is graph


def test_what_does_not_fit_is_refused():
    graph = net(nn.ReLU())
    layer = hidden_layer(graph, "0")
    found = merge(layer.incoming, layer.outgoing, 5)
    with pytest.raises(ValueError, match="no removable channel group"):
        apply_coreset(graph, {"nothing": found})
    with pytest.raises(ValueError, match="another graph"):
        apply_coreset(graph, {"0": merge(layer.incoming, layer.outgoing[:3], 5)})
    grouped = model_graph("grouped_tiny")
    layer = hidden_layer(grouped, "block1.conv1")
    with pytest.raises(ValueError, match="each block"):
        apply_coreset(grouped, {layer.name: merge(layer.incoming, layer.outgoing, 5)})
    assert apply_coreset(grouped, {layer.name: group_coreset(layer, merge, 8)}) is not grouped
    with pytest.raises(TypeError, match="WeightGraph"):
        apply_coreset(nn.Linear(1, 1), {})
