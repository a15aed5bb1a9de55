"""Writes in place that an exported graph hides are found, and harmless ones are not."""

import torch
from torch import nn

from tests.graph.test_trace import trace
from theoryprune.graph.aliases import stale_reads, stored_writes


def test_stale_reads_name_the_write_and_the_alias():
    def stale(m, x):
        y = x.tanh()
        v = y.view(y.size(0), 4)
        y.add_(1)
        return v

    found = stale_reads(trace(stale))
    assert {step.node: alias for step, alias in found.items()} == {"add_": "view"}


def test_the_input_counts_as_an_alias():
    def stale(m, x):
        x.view(x.size(0), 4).relu_()
        return x + 1

    assert list(stale_reads(trace(stale)).values()) == ["the input"]


def test_writes_in_order_are_not_stale():
    assert stale_reads(trace(lambda m, x: x.tanh().relu_().add_(1).view(-1, 4))) == {}


def test_writes_through_views_reach_the_stored_tensor():
    def count(m, x):
        m.bn.running_mean.view(-1).add_(1)
        return m.bn(x)

    found = stored_writes(trace(count, bn=nn.BatchNorm1d(4)))
    assert {step.node: stored.name for step, stored in found.items()} == {"add_": "bn.running_mean"}


def test_tensor_literals_are_stored_and_not_written_to():
    found = trace(lambda m, x: x * torch.tensor([1.0, 2.0, 3.0, 4.0]))
    assert stored_writes(found) == {}
