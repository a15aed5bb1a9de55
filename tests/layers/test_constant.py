import pytest
import torch

from tests.small import normal
from theoryprune.layers import Call, Computed, Refusal, Scale, Shift, Stored, Value
from theoryprune.layers.constant import convert_scale, convert_shift

X = Value("x", (3, 2, 2))


def scale(first, second, op="mul.Tensor"):
    return convert_scale(Call("mul", op, {"self": first, "other": second}, X.shape))


@pytest.mark.parametrize("shape", [(3, 1, 1), (1, 3, 1, 1)])
def test_a_constant_per_channel_is_kept_as_one(shape):
    value = normal(*shape)
    layer = scale(Stored("c", value), X)
    assert layer.value.shape == (3, 1, 1)
    assert layer.names == {"value": "c"}
    assert layer.per_channel(3, torch.device("cpu")).equal(value.reshape(3))


@pytest.mark.parametrize("shape", [(), (1,), (1, 1, 1, 1)])
def test_a_constant_of_one_entry_serves_all_channels(shape):
    layer = scale(X, Stored("c", torch.full(shape, 0.5)))
    assert layer.value.ndim == min(len(shape), 3)
    assert layer.per_channel(3, torch.device("cpu")).tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("shape", [(2,), (2, 2), (3, 2, 2), (2, 3, 1, 1)])
def test_constants_that_vary_over_positions_are_refused(shape):
    with pytest.raises(Refusal, match="varies over positions"):
        scale(X, Stored("c", normal(*shape)))


@pytest.mark.parametrize(
    ("first", "second", "op", "reason"),
    [
        (X, X, "mul.Tensor", "two activations"),
        (X, Computed(), "mul.Tensor", "forward computes"),
        (2.0, X, "div.Tensor", "divides, a constant"),
        (2.0, 3.0, "mul.Tensor", "no operand"),
    ],
)
def test_other_products_are_refused(first, second, op, reason):
    with pytest.raises(Refusal, match=reason):
        scale(first, second, op)


def test_negation_is_a_factor():
    layer = convert_scale(Call("neg", "neg.default", {"self": X}, X.shape))
    assert layer.forward(torch.tensor([1.0, -0.0])).tolist() == [-1.0, 0.0]


def test_shift_and_scale_are_their_formulas():
    x, c = normal(2, 3, 2, 2), normal(3, 1, 1)
    assert Shift(name="s", inputs=("x",), value=c, alpha=-2).forward(x).equal(x - 2 * c)
    assert Scale(name="s", inputs=("x",), value=c, divide=True).forward(x).equal(x / c)


def test_a_sum_with_the_constant_first_commutes():
    layer = convert_shift(Call("add", "add.Tensor", {"self": 2, "other": X, "alpha": 1}, X.shape), 1)
    assert (layer.value, layer.alpha) == (2, 1)
