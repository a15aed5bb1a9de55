import pytest
import torch
from torch import nn

import theoryprune as tp
from theoryprune.graph.constants import find_constants
from theoryprune.graph.joins import find_joins
from theoryprune.graph.simplify import drop_constant_branches, drop_unread
from theoryprune.layers import Shift


class Sum(nn.Module):
    """first(x) + sign second(x), then a linear head."""

    def __init__(self, sign: int = 1, bias: bool = True) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 2, 3, bias=bias), nn.Conv2d(1, 2, 3, bias=bias)
        self.sign = sign

    def forward(self, x):
        first, second = self.first(x), self.second(x)
        return first + second if self.sign > 0 else first - second


def emptied(net: nn.Module, name: str) -> tp.WeightGraph:
    graph = tp.extract(net.double(), (1, 5, 5))
    return graph.with_weights({name: torch.zeros_like(graph.weights[name])})


def kinds(graph: tp.WeightGraph) -> list[str]:
    return [layer.kind for layer in graph.layers]


@pytest.mark.parametrize(("sign", "name"), [(1, "second.weight"), (1, "first.weight"), (-1, "second.weight")])
def test_a_constant_addend_becomes_a_shift(sign, name):
    graph = emptied(Sum(sign), name)
    simple = drop_constant_branches(graph, find_constants(graph, find_joins(graph)))
    assert kinds(simple) == ["conv", "shift"]
    x = torch.randn(2, 1, 5, 5, dtype=torch.float64)
    torch.testing.assert_close(tp.forward(simple, x), tp.forward(graph, x), rtol=1e-12, atol=1e-12)


def test_a_zero_addend_vanishes_and_the_output_is_renamed():
    graph = emptied(Sum(bias=False), "second.weight")
    simple = drop_constant_branches(graph, find_constants(graph, find_joins(graph)))
    assert kinds(simple) == ["conv"]
    assert simple.output == "first"
    assert simple.order == ("first.weight",)


def test_a_constant_minus_a_tensor_becomes_a_factor_and_a_shift():
    graph = emptied(Sum(-1), "first.weight")
    simple = drop_constant_branches(graph, find_constants(graph, find_joins(graph)))
    assert kinds(simple) == ["conv", "scale", "shift"]
    x = torch.randn(2, 1, 5, 5, dtype=torch.float64)
    torch.testing.assert_close(tp.forward(simple, x), tp.forward(graph, x), rtol=1e-12, atol=1e-12)


def test_a_sum_of_two_constants_is_left_to_the_collapse_check():
    graph = emptied(Sum(), "first.weight")
    graph = graph.with_weights({"second.weight": torch.zeros_like(graph.weights["second.weight"])})
    simple = drop_constant_branches(graph, find_constants(graph, find_joins(graph)))
    assert not any(isinstance(layer, Shift) for layer in simple.layers)


def test_unread_records_go():
    graph = tp.extract(nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)), (2,))
    from dataclasses import replace

    assert [layer.name for layer in drop_unread(replace(graph, output="0")).layers] == ["0"]
