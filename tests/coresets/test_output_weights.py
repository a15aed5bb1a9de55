import numpy as np
import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import model_graph, sequential_graph
from theoryprune.coresets.group_curve import group_curve
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.coresets.hidden_layer import matrices_of
from theoryprune.coresets.output_weights import output_weights


def test_relative_weights_make_deleting_a_group_cost_one():
    graph = model_graph("digits_mlp")
    groups = hidden_groups(graph)
    errors = [group_curve(matrices_of(graph, hidden)).curve for hidden in groups]
    found = output_weights(graph, groups, errors, "relative")
    assert [found[h.group.name] * e[0] for h, e in zip(groups, errors, strict=True)] == pytest.approx([1, 1])
    assert set(output_weights(graph, groups, errors, "equal").values()) == {1.0}
    with pytest.raises(ValueError, match="weights must be one of"):
        output_weights(graph, groups, errors, "none")


def test_telescoped_weights_bound_the_output():
    """Layers without biases: the sum of weighted errors is above the change of the output on the unit ball."""
    modules = [nn.Linear(5, 12, bias=False), nn.ReLU(), nn.Linear(12, 9, bias=False), nn.ReLU(), nn.Linear(9, 3)]
    graph = sequential_graph(*modules, shape=(5,))
    groups = hidden_groups(graph)
    curves = [group_curve(matrices_of(graph, hidden)).curve for hidden in groups]
    found = output_weights(graph, groups, curves, "telescoped")
    result = tp.coresets.reduce(graph, {"2": 5}, certify=False)
    x = torch.randn(500, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    x = x / x.norm(dim=1, keepdim=True)
    error = (tp.forward(graph, x) - tp.forward(result.graph, x)).norm(dim=1).max()
    assert 0 < float(error) <= found["2"] * curves[1][5]


def test_products_beyond_float64_fall_back():
    graph = sequential_graph(*[nn.Linear(2, 2) for _ in range(4)], shape=(2,))
    huge = graph.with_weights({name: weight * 1e200 for name, weight in graph.weights.items()})
    groups = hidden_groups(huge)
    errors = [np.array([4.0, 1.0, 0.0])] * len(groups)
    assert set(output_weights(huge, groups, errors, "telescoped").values()) == {0.25}


def test_streams_count_once_for_each_of_their_readers():
    graph = model_graph("resnet20")
    groups = hidden_groups(graph)
    found = output_weights(graph, groups, [np.array([2.0, 0.0])] * len(groups), "relative")
    for hidden in groups:
        assert found[hidden.group.name] == (len(hidden.consumers) if hidden.stream else 1) / 2
    assert max(found.values()) > 1
