"""What certificates compare: the matrices of the graphs before and after, reading by reading."""

import numpy as np
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import model_graph, sequential_graph
from tests.small import Written
from theoryprune.coresets import group_coreset, hidden_layer, merge
from theoryprune.coresets.apply import applied
from theoryprune.coresets.compared import compared, why_no_certificate
from theoryprune.coresets.hidden_groups import hidden_groups


def compare(graph, width=2):
    hidden = hidden_groups(graph)[0]
    coreset = group_coreset(hidden_layer(graph, hidden.group.name), merge, width)
    after = applied(graph, hidden, coreset)
    return compared(graph, after, hidden, coreset, 0), after, coreset


def test_dense_consumers_are_stacked():
    parts = {"a": nn.Linear(4, 6), "b": nn.Linear(6, 3), "c": nn.Linear(6, 2)}
    torch.manual_seed(0)
    module = Written(lambda m, x: torch.cat([m.b(h := m.a(x).relu()), m.c(h)], 1), **parts).double()
    graph = tp.extract(module, (4,))
    (given,), after, coreset = compare(graph)
    weights = {name: tensor.numpy() for name, tensor in graph.weights.items()}
    assert np.array_equal(given["W"], weights["a.weight"])
    assert np.array_equal(given["V"], np.concatenate([weights["b.weight"], weights["c.weight"]]))
    new = np.concatenate([after.weights[f"{name}.weight"].numpy() for name in "bc"])
    assert np.array_equal(given["U"], new[:, coreset.kept])
    assert np.array_equal(given["bias"], graph.by_name["a"].bias.numpy())
    assert (given["offset"], given["kept_offset"]) == (None, None)
    assert "size" not in given


def test_convolutions_come_one_by_one_with_their_geometry():
    graph = sequential_graph(nn.Conv2d(2, 6, 3, bias=False), nn.ReLU(), nn.Conv2d(6, 3, 2, stride=2), shape=(2, 6, 6))
    (given,), after, coreset = compare(graph)
    assert given["W"].shape == (6, 2, 3, 3)
    assert np.array_equal(given["V"], graph.weights["2.weight"].numpy())
    assert np.array_equal(given["U"], after.weights["2.weight"].numpy()[:, coreset.kept])
    assert given["bias"] is None
    assert given["size"] == (6, 6)
    assert given["consumer"].stride == (2, 2)


def test_what_has_no_certificate_says_why():
    dense = sequential_graph(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 2), shape=(2,))
    assert why_no_certificate(dense, hidden_groups(dense)[0].readings[0]) == ""
    graph = model_graph("resnet20")
    (stream, *_) = [hidden for hidden in hidden_groups(graph) if hidden.stream]
    assert "sum of several" in why_no_certificate(graph, stream.readings[0])
