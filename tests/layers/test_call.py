import pytest

from tests.small import normal
from theoryprune.layers import Call, Computed, Refusal, Stored, Value
from theoryprune.layers.call import names_of

X, W = Value("x", (3,)), Stored("w", normal(3))


def call(**args):
    return Call("node", "op.default", args, (3,))


def test_an_argument_is_read_as_what_it_must_be():
    assert call(a=X).value("a") is X
    assert call(a=W).stored("a") is W
    assert call(a=None).maybe_stored("a") is None
    assert call(a=[2]).ints("a", 2) == (2, 2)
    assert call(a=[2, 3]).ints("a", 2) == (2, 3)
    assert call(a=0.5).number("a") == 0.5


@pytest.mark.parametrize("wrong", [W, 3, None, Computed()])
def test_what_is_no_activation_is_refused_as_one(wrong):
    with pytest.raises(Refusal, match="'a' is not computed from the input"):
        call(a=wrong).value("a")


@pytest.mark.parametrize("wrong", [X, Computed()])
def test_computed_weights_are_refused_with_their_remedy(wrong):
    with pytest.raises(Refusal, match="computed in forward") as caught:
        call(a=wrong).maybe_stored("a")
    assert "unmask_module" in caught.value.remedy


def test_numbers_out_of_the_data_are_refused():
    with pytest.raises(Refusal, match="no fixed number"):
        call(a=X).number("a")
    with pytest.raises(Refusal, match="depends on the data"):
        call(a=[X]).ints("a", 2)


def test_absent_tensors_have_no_name():
    assert names_of(weight=W, bias=None) == {"weight": "w"}
