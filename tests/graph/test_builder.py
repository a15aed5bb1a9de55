"""What a builder places lies where it was told, and is called from there."""

import torch
from torch import fx, nn

import theoryprune as tp
from theoryprune.graph.builder import Builder


def builder():
    net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    net[0].requires_grad_(False)
    return Builder(nn.Module(), fx.Graph(), tp.extract(net, (2,)))


def test_items_lie_at_their_paths():
    made = builder()
    made.place("a.b.weight", nn.Parameter(torch.ones(2)))
    made.place("a.b.count", torch.zeros(1))
    made.place("a.index", torch.zeros(1), persistent=False)
    made.place("a.c", nn.ReLU())
    assert list(made.root.state_dict()) == ["a.b.weight", "a.b.count"]
    assert set(dict(made.root.named_buffers())) == {"a.b.count", "a.index"}
    assert isinstance(made.root.get_submodule("a.c"), nn.ReLU)


def test_parameters_are_fresh_and_frozen_where_they_were():
    made, tensor = builder(), torch.ones(2)
    first, second = made.parameter(tensor, "0.weight"), made.parameter(tensor, "1.weight")
    assert (first.requires_grad, second.requires_grad) == (False, True)
    with torch.no_grad():
        second.zero_()
    assert tensor.all()


def test_calls_compute():
    made = builder()
    x = made.calls.placeholder("x")
    scaled = made.call(torch.add, x, made.stored("shift", torch.ones(2)), alpha=3)
    made.calls.output(made.call_module(made.graph.by_name["1"], nn.ReLU(), scaled))
    module = fx.GraphModule(made.root, made.calls)
    assert module(torch.tensor([-4.0, 1.0])).tolist() == [0.0, 4.0]
