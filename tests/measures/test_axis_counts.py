import numpy as np
import pytest
import torch
from torch import nn

import theoryprune as tp
from benchmarks.models import MODELS
from tests.small import Written
from theoryprune.measures.axis_counts import AxisCounts


def test_an_axis_is_a_sum_over_its_groups_and_a_constant():
    """A concatenation of two layers and the input, flattened: 9 features of each channel."""
    net = Written(
        lambda m, x: m.head(torch.flatten(torch.cat([m.a(x), x, m.b(x)], 1), 1)),
        a=nn.Conv2d(2, 3, 1), b=nn.Conv2d(2, 5, 1), head=nn.Linear(10 * 9, 4),
    )  # fmt: skip
    graph = tp.extract(net, (2, 3, 3))
    found = AxisCounts(graph, {})
    counts = found.counts(found.chart.of_inputs(graph.by_name["head"])[0])
    assert counts == {(): 18, (("a", 0),): 9, (("b", 0),): 9}
    assert found.sizes == {"a": 3, "b": 5}


def test_channels_counted_unequally_have_a_table_by_their_order():
    twice = Written(lambda m, x: m.head(m.a(x).index_select(1, m.index)), a=nn.Linear(2, 3), head=nn.Linear(4, 1))
    twice.register_buffer("index", torch.tensor([0, 1, 1, 2]))
    graph = tp.extract(twice, (2,))
    found = AxisCounts(graph, {"a": [1, 0, 2]})
    axis = found.chart.of_inputs(graph.by_name["head"])[0]
    assert found.counts(axis) == {(): 0, (("a", 0),): 1}
    assert list(found.tables["a"].values()) == [(0, 2, 3, 4)]
    assert found.multiples == {"a": 1}
    unordered = AxisCounts(graph, {})
    unordered.counts(axis)
    assert unordered.multiples == {"a": 3}


def test_parts_of_a_grouped_convolution_stay_even():
    torch.manual_seed(0)
    model = MODELS["grouped_tiny"]()
    found = AxisCounts(tp.extract(model, model.example_shape), {})
    assert found.scale == 4
    assert (found.multiples["block1.conv1"], found.multiples["stem"]) == (4, 1)


def test_an_order_is_a_permutation():
    graph = tp.extract(nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)), (2,))
    for order in ([0, 1], [0, 1, 3], np.eye(3)):
        with pytest.raises(ValueError, match="orders: that of '0' must hold 0 to 2, each once"):
            AxisCounts(graph, {"0": order})
