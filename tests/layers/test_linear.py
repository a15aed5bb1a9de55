import pytest
import torch

from tests.small import normal
from theoryprune.layers import Call, Linear, Refusal, Stored, Value
from theoryprune.layers.linear import convert_linear


def test_rows_are_outputs_and_columns_inputs():
    layer = Linear(name="fc", inputs=("x",), weight=normal(3, 5), bias=normal(3))
    small = layer.select(torch.tensor([2, 0]), torch.tensor([1, 4]))
    assert small.weight.equal(layer.weight[[2, 0]][:, [1, 4]])
    assert small.bias.equal(layer.bias[[2, 0]])


def test_a_map_over_positions_is_refused():
    args = {"input": Value("x", (7, 5)), "weight": Stored("fc.weight", normal(3, 5)), "bias": None}
    with pytest.raises(Refusal, match="last axis"):
        convert_linear(Call("fc", "linear.default", args, (7, 3)))
