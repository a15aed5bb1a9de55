import math

import pytest
from torch import nn

import theoryprune as tp
from tests.coresets.nets import inputs_of, model_graph, sequential_graph
from theoryprune.coresets import kernel_fit, merge, reduce


def shallow_conv():
    return sequential_graph(
        nn.Conv2d(2, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32, 3), shape=(2, 6, 6),
    )  # fmt: skip


@pytest.mark.parametrize("method", [merge, kernel_fit])
@pytest.mark.parametrize("radius", [0.5, 20.0])
@pytest.mark.parametrize("graph", [model_graph("digits_mlp"), shallow_conv()], ids=["dense", "convolutions"])
def test_no_input_of_the_ball_changes_the_output_more(graph, radius, method):
    result = reduce(graph, 0.6, method, radius=radius, effort="fast")
    bound = result.end_to_end
    assert bound.radius == radius
    x = inputs_of(graph, 500)
    x = radius * x / x.flatten(1).norm(dim=1).reshape(-1, *[1] * (x.ndim - 1))
    change = (tp.forward(graph, x) - tp.forward(result.graph, x)).norm(dim=1).max()
    assert 0 < float(change) <= bound.error < math.inf
    assert 0 < bound.observed <= bound.error


def test_deep_networks_on_request_only():
    graph = model_graph("dense_tiny")
    assert reduce(graph, 0.75, effort="fast").end_to_end is None
    result = reduce(graph, {"transition": 6, "stem": 6}, effort="fast", end_to_end=True)
    x = inputs_of(graph, 50)
    x = x / x.flatten(1).norm(dim=1).reshape(-1, 1, 1, 1)
    assert float((tp.forward(graph, x) - tp.forward(result.graph, x)).norm(dim=1).max()) <= result.end_to_end.error


def test_none_without_all_certificates():
    graph = sequential_graph(nn.Linear(3, 6), nn.GELU(), nn.Linear(6, 2), shape=(3,))
    assert reduce(graph, 0.5).end_to_end is None
    assert reduce(model_graph("digits_mlp"), 0.5, certify=False).end_to_end is None
    assert reduce(model_graph("digits_mlp"), 0.5, effort="fast", end_to_end=False).end_to_end is None
    whole = reduce(model_graph("digits_mlp"), 1.0).end_to_end
    assert (whole.error, whole.terms) == (0, ())
