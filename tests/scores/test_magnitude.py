"""Magnitude scores."""

import pytest
import torch
from torch import nn

import theoryprune as tp


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_absolute_values_in_float64(dtype):
    net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).to(dtype)
    scores = tp.magnitude(tp.extract(net, (3,)))
    assert list(scores.values) == ["0.weight"]
    assert torch.equal(scores.values["0.weight"], net[0].weight.detach().double().abs())
    assert (scores.total, scores.method) == (None, "magnitude")


def test_trap_011_biases_and_normalisation_are_never_scored():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 2))
    assert list(tp.magnitude(tp.extract(net, (1, 4, 4))).values) == ["0.weight", "3.weight"]


def test_needs_values():
    with pytest.raises(ValueError, match="meta"):
        tp.magnitude(tp.extract(nn.Linear(3, 2, device="meta"), (3,)))
