import pytest

from tests.small import normal
from theoryprune.layers import Add, Call, Refusal, Shift, Stored, Value
from theoryprune.layers.add import convert_add

X, Y = Value("x", (3,)), Value("y", (3,))


def call(op, **args):
    return Call("add", op, args, (3,))


def test_alpha_multiplies_the_second_operand():
    x, y = normal(2, 3), normal(2, 3, seed=1)
    assert Add(name="add", inputs=("x", "y"), alpha=-2).forward(x, y).equal(x - 2 * y)


def test_subtraction_is_addition_with_the_sign_in_alpha():
    layer = convert_add(call("sub.Tensor", self=X, other=Y, alpha=3))
    assert (layer.inputs, layer.alpha) == (("x", "y"), -3)


def test_a_constant_operand_makes_a_shift():
    assert isinstance(convert_add(call("add.Tensor", self=X, other=2, alpha=1)), Shift)
    assert convert_add(call("sub.Scalar", self=X, other=2, alpha=1)).alpha == -1


def test_broadcasting_is_refused():
    with pytest.raises(Refusal, match="broadcasts"):
        convert_add(call("add.Tensor", self=X, other=Value("y", (1,)), alpha=1))


@pytest.mark.parametrize(("op", "alpha"), [("add.Tensor", 2), ("sub.Tensor", 1)])
def test_a_constant_first_operand_is_not_mistaken_for_the_second(op, alpha):
    with pytest.raises(Refusal):
        convert_add(call(op, self=Stored("b", normal(3)), other=X, alpha=alpha))
