import pytest
import torch

from benchmarks.models.lenet import lenet5_caffe, lenet_300_100
from tests.benchmarks.models.counting import Counts, counts, on_meta


@pytest.mark.parametrize("conv_relu", [True, False])
def test_counts_of_lenet5_caffe(conv_relu):
    model = on_meta(lenet5_caffe, conv_relu=conv_relu)
    assert counts(model) == Counts(4, 431_080, 430_500, 2_293_000)
    assert model.example_shape == (1, 28, 28)


def test_counts_of_lenet_300_100():
    assert counts(on_meta(lenet_300_100)) == Counts(3, 266_610, 266_200, 266_200)


def test_without_relu_the_convolutions_of_lenet5_pass_negative_values_on():
    torch.manual_seed(0)
    with_relu, without = lenet5_caffe(), lenet5_caffe(conv_relu=False)
    without.load_state_dict(with_relu.state_dict())
    seen = {}
    for name, model in (("with", with_relu), ("without", without)):
        model.fc1.register_forward_pre_hook(lambda _, inputs, name=name: seen.update({name: inputs[0]}))
        model(torch.randn(3, 1, 28, 28))
    assert seen["with"].min() >= 0
    assert seen["without"].min() < 0
