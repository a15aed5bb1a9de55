import numpy as np
import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import sequential_graph
from tests.small import Written
from theoryprune.coresets import hidden_layer
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.coresets.hidden_layer import slope_of


def test_a_convolution_before_a_flattening():
    graph = sequential_graph(nn.Conv2d(2, 3, 3), nn.LeakyReLU(0.25), nn.Flatten(), nn.Linear(12, 2), shape=(2, 4, 4))
    layer = hidden_layer(graph, "0")
    assert layer.incoming.shape == (3, 2 * 9 + 1)
    assert layer.outgoing.shape == (2 * 4, 3)
    weight = graph.weights["3.weight"].numpy().reshape(2, 3, 4)
    assert np.array_equal(layer.outgoing.reshape(2, 4, 3), weight.transpose(0, 2, 1))
    assert (layer.slope, layer.law, layer.stream, layer.blocks.tolist()) == (0.25, "homogeneous", False, [0, 0, 0])
    assert np.array_equal(layer.readings[0][0], layer.incoming)


def test_slopes():
    for activation, slope in ((nn.ReLU(), 0.0), (nn.Identity(), 1.0), (nn.ReLU6(), 0.0)):
        graph = sequential_graph(nn.Linear(2, 3), activation, nn.Linear(3, 1), shape=(2,))
        assert slope_of(hidden_groups(graph)[0], 0) == slope


def test_what_is_no_hidden_layer_is_refused():
    graph = sequential_graph(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1), shape=(2,))
    with pytest.raises(ValueError, match="no removable channel group"):
        hidden_layer(graph, "2")
    net = Written(lambda m, x: m.b(m.a(x).index_select(1, m.index)), a=nn.Linear(4, 3), b=nn.Linear(4, 2))
    net.register_buffer("index", torch.tensor([0, 0, 1, 2]))
    with pytest.raises(ValueError, match="can be removed"):
        hidden_layer(tp.extract(net, (4,)), "a")
