import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import OPTIONS, model_graph
from tests.networks import random_graph
from tests.small import Written
from theoryprune.coresets.hidden_groups import hidden_groups


@pytest.mark.parametrize("model", list(OPTIONS))
def test_every_removable_group_once(model):
    graph = model_graph(model)
    expected = [group.name for group in tp.channel_groups(graph) if group.removable]
    assert [hidden.group.name for hidden in hidden_groups(graph)] == expected


@pytest.mark.parametrize("seed", range(12))
def test_every_writer_and_reader_of_random_networks(seed):
    graph = random_graph(seed)
    for hidden in hidden_groups(graph):
        through = set(hidden.producers) & {axis.layer for axis in hidden.group.axes if axis.side == "in"}
        axes = [(axis.layer, axis.side) for axis in hidden.group.axes if axis.layer in {*graph.by_name}]
        read = {layer for layer, side in axes if side == "in"}
        assert {consumer.layer for consumer in hidden.consumers} | through >= read
        assert set(hidden.producers) <= {layer for layer, side in axes if side == "out"}


def test_structures_by_name():
    found = {hidden.group.name: hidden for hidden in hidden_groups(model_graph("grouped_tiny"))}
    assert found["block1.conv1"].step == found["block1.conv2"].step == 4
    assert found["stem"].stream
    assert not found["block1.conv1"].stream
    dense = {hidden.group.name: len(hidden.readings) for hidden in hidden_groups(model_graph("dense_tiny"))}
    assert dense["stem"] == 3
    mobile = {hidden.group.name: hidden.reason for hidden in hidden_groups(model_graph("mobile_tiny"))}
    assert mobile["block1.expand"].startswith("depthwise")


def test_units_of_unequal_size_are_refused():
    net = Written(lambda m, x: m.b(m.a(x).index_select(1, m.index)), a=nn.Linear(4, 3), b=nn.Linear(4, 2))
    net.register_buffer("index", torch.tensor([0, 0, 1, 2]))
    (hidden,) = hidden_groups(tp.extract(net, (4,)))
    assert "'b' holds more channels" in hidden.refusal


def test_a_sum_without_a_way_back_is_no_stream():
    net = Written(lambda m, x: m.c((m.a(x) + m.b(x)).relu()), a=nn.Linear(4, 3), b=nn.Linear(4, 3), c=nn.Linear(3, 2))
    (hidden,) = hidden_groups(tp.extract(net, (4,)))
    assert not hidden.stream
    assert list(hidden.producers) == ["a", "b"]
