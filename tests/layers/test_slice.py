import pytest
import torch

from tests.small import normal
from theoryprune.layers import Call, Refusal, Slice, Stored, Take, Value
from theoryprune.layers.slice import convert_index_select, convert_slice

X = Value("x", (4, 6))
END = torch.iinfo(torch.int64).max


def sliced(dim, start, end, step, shape):
    args = {"self": X, "dim": dim, "start": start, "end": end, "step": step}
    return convert_slice(Call("slice", "slice.Tensor", args, shape))


def test_space_is_sliced_and_channels_are_taken():
    layer = sliced(2, 1, END, 2, (4, 3))
    assert isinstance(layer, Slice)
    assert (layer.axis, layer.start, layer.stop, layer.step) == (1, 1, 6, 2)
    assert sliced(1, 1, -1, 1, (2, 6)).index == (1, 2)


def test_the_whole_leaves_no_record():
    assert sliced(2, 0, END, 1, (4, 6)) is X
    assert sliced(0, None, None, 1, (4, 6)) is X


@pytest.mark.parametrize("bounds", [(1, END, 1), (0, -1, 1), (0, 2, 1), (0, END, 2)])
def test_slices_of_the_batch_are_refused(bounds):
    with pytest.raises(Refusal, match="batch axis"):
        sliced(0, *bounds, (4, 6))


def test_bounds_out_of_the_data_are_refused():
    with pytest.raises(Refusal, match="depend on the data"):
        sliced(1, 0, X, 1, (4, 6))


def test_taken_channels_keep_their_order():
    layer = Take(name="t", inputs=("x",), index=(2, 0))
    x = normal(2, 4)
    assert layer.forward(x).equal(x[:, [2, 0]])
    assert layer.select(torch.tensor([0, 1]), torch.tensor([0, 2, 3])).index == (1, 0)


def test_a_stored_index_of_channels_is_taken():
    args = {"self": X, "dim": 1, "index": Stored("i", torch.tensor([3, 1]))}
    assert convert_index_select(Call("t", "index_select.default", args, (2, 6))).index == (3, 1)
    with pytest.raises(Refusal, match="another axis"):
        convert_index_select(Call("t", "index_select.default", {**args, "dim": 2}, (4, 2)))
