import pytest
import torch

from tests.small import normal
from theoryprune.layers import Call, Refusal, Softmax, Value
from theoryprune.layers.softmax import convert_softmax


def test_probabilities_sum_to_one_over_the_channels():
    x = normal(2, 3, 4)
    y = Softmax(name="s", inputs=("x",)).forward(x)
    torch.testing.assert_close(y.sum(1), torch.ones(2, 4, dtype=x.dtype))
    torch.testing.assert_close(Softmax(name="s", inputs=("x",), log=True).forward(x), y.log())


def convert(op="softmax.int", dim=1, dtype=None):
    args = {"self": Value("x", (3, 4)), "dim": dim, "dtype": dtype}
    return convert_softmax(Call("softmax", op, args, (3, 4)))


def test_the_axis_and_the_dtype_are_checked():
    assert convert(dim=-2).log is False
    assert convert("log_softmax.int").log is True
    with pytest.raises(Refusal, match="another axis"):
        convert(dim=2)
    with pytest.raises(Refusal, match="number format"):
        convert(dtype=torch.float64)
