import pytest
import torch

from tests.small import normal
from theoryprune.layers import BatchNorm, Linear, take


def test_take_indexes_leading_axes_and_copies():
    x = normal(4, 3)
    assert take(x, torch.tensor([2, 0]), torch.tensor([1])).equal(x[[2, 0]][:, [1]])
    assert take(x, None, torch.tensor([1])).equal(x[:, [1]])
    assert take(x).equal(x)
    assert take(x).data_ptr() != x.data_ptr()


def test_trap_081_take_keeps_the_memory_format():
    x = normal(4, 4, 3, 3).to(memory_format=torch.channels_last)
    for taken in (take(x), take(x, torch.tensor([0, 2])), take(x, torch.tensor([0, 2]), torch.tensor([1, 3]))):
        assert taken.is_contiguous(memory_format=torch.channels_last)
    assert take(normal(4, 4, 3, 3), torch.tensor([0, 2])).is_contiguous()


def test_tensors_are_listed_by_field_and_replaced_by_it():
    layer = Linear(name="fc", inputs=("x",), names={"weight": "fc.weight"}, weight=normal(2, 3))
    assert [key for key, _ in layer.tensors()] == ["weight"]
    other = layer.with_tensors({"weight": torch.zeros(2, 3)})
    assert (float(other.weight.sum()), other.names) == (0, layer.names)
    assert not layer.weight.eq(0).any()


@pytest.mark.parametrize(
    ("names", "bias"), [({"weight": "a.weight", "bias": "b.c"}, "b.c"), ({"weight": "a.weight"}, "a.bias")]
)
def test_the_name_of_a_bias_is_known_even_where_there_is_none(names, bias):
    layer = Linear(name="a", inputs=("x",), names=names, weight=normal(2, 3))
    assert (layer.weight_name, layer.bias_name) == ("a.weight", bias)


def test_records_are_frozen():
    layer = BatchNorm(
        name="bn",
        inputs=("x",),
        weight=None,
        bias=None,
        running_mean=normal(2),
        running_var=normal(2),
        eps=0.1,
        momentum=0.1,
    )
    with pytest.raises(AttributeError):
        layer.eps = 1
