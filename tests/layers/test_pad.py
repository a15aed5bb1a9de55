import pytest
import torch

from tests.small import normal
from theoryprune.layers import Call, Refusal, Value, ZeroPad
from theoryprune.layers.pad import convert_pad


def pad(sides, **more):
    args = {"self": Value("x", (3, 5, 5)), "pad": sides, "mode": "constant", "value": None, **more}
    return convert_pad(Call("pad", "pad.default", args, ()))


def test_sides_are_read_from_the_last_axis():
    assert pad([1, 2, 3, 4]).pads == ((0, 0), (3, 4), (1, 2))
    assert pad([0, 0, 0, 0, 1, 2]).pads == ((1, 2), (0, 0), (0, 0))
    assert pad([1, 1, 0, 0, 0, 0, 0, 0]).pads == ((0, 0), (0, 0), (1, 1))


@pytest.mark.parametrize(
    ("sides", "more", "reason"),
    [
        ([1, 1], {"mode": "reflect"}, "mode 'reflect'"),
        ([1, 1], {"value": 1.0}, r"value 1\.0"),
        ([-1, 0], {}, "negative"),
        ([0, 0, 0, 0, 0, 0, 1, 0], {}, "batch axis"),
    ],
)
def test_other_padding_is_refused(sides, more, reason):
    with pytest.raises(Refusal, match=reason):
        pad(sides, **more)


def test_zeros_surround_channels_and_space():
    layer = ZeroPad(name="pad", inputs=("x",), pads=((1, 0), (0, 2)))
    y = layer.forward(normal(2, 3, 4))
    assert y.shape == (2, 4, 6)
    assert torch.count_nonzero(y) == 24
