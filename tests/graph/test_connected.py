"""Whether some input reaches some output."""

import pytest
import torch
from torch import nn

import theoryprune as tp
from theoryprune.graph.connected import carries_flow


def test_a_flow_lost_to_underflow_is_no_collapse_but_an_error():
    net = nn.Sequential(*(nn.Linear(2, 2, bias=False) for _ in range(40)), nn.Linear(2, 1, bias=False)).double()
    for layer in net[:-1]:
        layer.weight.data = torch.diag(torch.tensor([1e20, 1e-20])).double()
    net[-1].weight.data = torch.tensor([[0.0, 1.0]]).double()
    graph = tp.extract(net, (2,))
    assert tp.synflow(graph).flushed > 0
    with pytest.raises(ValueError, match="the flow cannot be told from 0"):
        tp.prune(graph, tp.synflow, 0.9)


def test_a_tap_that_reads_nothing_but_padding_carries_no_flow():
    net = nn.Conv2d(1, 1, 3, padding=1, bias=False)
    graph = tp.extract(net, (1, 1, 1))
    keep = torch.zeros(1, 1, 3, 3, dtype=torch.bool)
    keep[0, 0, 0, 0] = True
    mask = tp.Mask({"weight": keep})
    assert not carries_flow(tp.apply_mask(graph, mask))
    assert not tp.is_connected(graph, mask)
    assert tp.is_connected(graph, tp.Mask({"weight": ~keep}))


def test_a_network_without_a_flow_is_judged_by_its_channels():
    net = nn.Sequential(nn.Conv2d(1, 1, 1), nn.AvgPool2d(2, divisor_override=-1))
    graph = tp.extract(net, (1, 4, 4))
    assert carries_flow(graph)
    assert not carries_flow(graph.with_weights({"0.weight": torch.zeros(1, 1, 1, 1)}))


def test_a_path_of_tiny_weights_is_not_taken_for_none():
    net = nn.Sequential(nn.Linear(1, 2, bias=False), nn.Linear(2, 1, bias=False)).double()
    net[0].weight.data = torch.tensor([[1.0], [1e-200]], dtype=torch.float64)
    net[1].weight.data = torch.tensor([[0.0, 1e-200]], dtype=torch.float64)
    with pytest.raises(ValueError, match="there is a path, but its weight was lost to underflow"):
        carries_flow(tp.extract(net, (1,)))
    with pytest.raises(ValueError, match="the flow cannot be told from 0"):
        tp.prune(tp.extract(net, (1,)), tp.synflow, 0.9)
