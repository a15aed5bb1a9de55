import torch
from torch import nn

from benchmarks.models.network import network


def test_layers_run_in_their_order_under_their_names():
    model = network({"first": nn.Linear(3, 4), "relu": nn.ReLU(), "last": nn.Linear(4, 2)}, (3,))
    x = torch.randn(5, 3)
    assert model.example_shape == (3,)
    assert list(model.state_dict()) == ["first.weight", "first.bias", "last.weight", "last.bias"]
    assert torch.equal(model(x), model.last(torch.relu(model.first(x))))


def test_the_weights_are_drawn_as_asked():
    model = network({"only": nn.Linear(10, 10)}, (10,), linear_std=0.0)
    assert not model.only.weight.any()
    assert not model.only.bias.any()
