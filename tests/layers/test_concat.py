import pytest

from tests.small import normal
from theoryprune.layers import Call, Computed, Concat, Refusal, Value
from theoryprune.layers.concat import convert_cat

X = Value("x", (3, 2, 2))


def test_channels_of_all_inputs_follow_one_another():
    layer = Concat(name="cat", inputs=("x", "y", "x"))
    x, y = normal(2, 3), normal(2, 1)
    assert layer.forward(x, y, x)[:, 3:4].equal(y)
    assert layer.shape((3,), (1,), (3,)) == (7,)


@pytest.mark.parametrize(
    ("parts", "dim", "reason"), [([X, X], 2, "another axis"), ([X, Computed()], 1, "not computed")]
)
def test_other_concatenations_are_refused(parts, dim, reason):
    with pytest.raises(Refusal, match=reason):
        convert_cat(Call("cat", "cat.default", {"tensors": parts, "dim": dim}, (6, 2, 2)))


def test_the_last_axis_of_vectors_is_the_channel_axis():
    value = Value("x", (3,))
    assert convert_cat(Call("cat", "cat.default", {"tensors": [value], "dim": -1}, (3,))).inputs == ("x",)
