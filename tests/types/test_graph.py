"""The weight graph as a noun."""

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.small import Written

MODEL = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2, bias=False))
GRAPH = tp.extract(MODEL, (4,))


def test_a_graph_names_its_weights_in_order():
    assert list(GRAPH.weights) == list(GRAPH.order) == ["0.weight", "2.weight"]
    assert GRAPH.num_weights == 18
    assert list(GRAPH.state_dict()) == ["0.weight", "0.bias", "2.weight"]
    assert dict(GRAPH.shapes) == {"<input>": (4,), "0": (3,), "relu": (3,), "2": (2,)}
    assert (GRAPH.dtype, GRAPH.device.type) == (torch.float32, "cpu")


def test_a_network_without_tensors_has_the_default_dtype():
    graph = tp.extract(nn.ReLU(), (4,))
    assert (graph.dtype, graph.device.type, graph.num_weights) == (torch.get_default_dtype(), "cpu", 0)


def test_constants_do_not_decide_the_dtype():
    model = Written(lambda m, x: m.fc(x - torch.tensor([0.5, 0.1, 0.2, 0.3])), fc=nn.Linear(4, 2).double())
    model.fc.float()
    graph = tp.extract(model, (4,))
    assert graph.dtype == torch.float32


def test_other_weights_make_another_graph():
    zeros = {"0.weight": torch.zeros(3, 4)}
    other = GRAPH.with_weights(zeros)
    assert not other.weights["0.weight"].any()
    assert GRAPH.weights["0.weight"].any()
    assert other.weights["2.weight"] is GRAPH.weights["2.weight"]


def test_weights_of_another_name_or_shape_are_refused():
    with pytest.raises(ValueError, match=r"'1\.weight' is no prunable weight of the graph; they are \['0\.weight'"):
        GRAPH.with_weights({"1.weight": torch.zeros(1)})
    with pytest.raises(ValueError, match=r"'0\.weight' must have shape \(3, 4\), got \(4, 3\)"):
        GRAPH.with_weights({"0.weight": torch.zeros(4, 3)})


def test_records_and_edges_are_the_nodes_and_edges_of_networkx():
    view = GRAPH.to_networkx()
    assert list(view.edges) == [("<input>", "0"), ("0", "relu"), ("relu", "2")]
    assert view.nodes["2"]["layer"] is GRAPH.by_name["2"]
