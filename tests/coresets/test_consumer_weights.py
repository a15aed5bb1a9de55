"""Weights of consumers against their layers at work: on vectors, on maps, flattened, in groups, and read twice."""

import numpy as np
import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.small import Written
from theoryprune.coresets.consumer_weights import columns_of, kernels_of
from theoryprune.coresets.hidden_groups import hidden_groups


def graph_of(first, last, copies, shape):
    def forward(parts, x):
        both = torch.cat(copies * [parts.first(x)], 1)
        return parts.last(torch.flatten(both, 1) if isinstance(last, nn.Linear) else both)

    return tp.extract(Written(forward, first=first, last=last).double(), shape)


@pytest.mark.parametrize("copies", [1, 2, 3])
def test_columns_times_units_are_the_output(copies):
    graph = graph_of(nn.Linear(3, 5), nn.Linear(5 * copies, 2, bias=False), copies, (3,))
    columns = columns_of(graph, hidden_groups(graph)[0].consumers[0])
    units = torch.randn(5, dtype=torch.float64)
    assert columns.shape == (2, 5)
    wanted = graph.by_name["last"].forward(units.repeat(copies)[None])[0]
    assert np.allclose(columns @ units.numpy(), wanted, rtol=0, atol=1e-14)


@pytest.mark.parametrize("copies", [1, 2])
@pytest.mark.parametrize("groups", [1, 2])
def test_kernels_of_convolutions(groups, copies):
    last = nn.Conv2d(4 * copies, 6, (2, 3), groups=groups, bias=False)
    graph = graph_of(nn.Conv2d(2, 4, 1), last, copies, (2, 5, 5))
    consumer = hidden_groups(graph)[0].consumers[0]
    if copies > 1 and groups > 1:
        assert "cut through" in hidden_groups(graph)[0].refusal
        return
    kernels, units = kernels_of(graph, consumer), torch.randn(1, 4, 5, 5, dtype=torch.float64)
    wanted = graph.by_name["last"].forward(units.repeat(1, copies, 1, 1))
    found = torch.nn.functional.conv2d(units, torch.from_numpy(np.ascontiguousarray(kernels)))
    assert kernels.shape == (6, 4, 2, 3)
    assert torch.allclose(found, wanted, rtol=0, atol=1e-14)


@pytest.mark.parametrize("copies", [1, 2])
def test_kernels_of_linear_layers_are_whole_maps(copies):
    graph = graph_of(nn.Conv2d(2, 4, 1), nn.Linear(24 * copies, 3, bias=False), copies, (2, 2, 3))
    kernels = kernels_of(graph, hidden_groups(graph)[0].consumers[0])
    units = torch.randn(4, 2, 3, dtype=torch.float64)
    wanted = graph.by_name["last"].forward(units.repeat(copies, 1, 1).reshape(1, -1))[0]
    assert kernels.shape == (3, 4, 2, 3)
    assert np.allclose(np.einsum("onhw,nhw->o", kernels, units.numpy()), wanted, rtol=0, atol=1e-14)
