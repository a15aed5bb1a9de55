"""A graph as a plain module: the same function under the same names, trainable, its own."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

import benchmarks.models as models
import theoryprune as tp
from tests.networks import RandomNet, random_mask

NAMES = ["resnet20", "resnet20_a", "lenet5_caffe", "digits_mlp", "mobile_tiny", "dense_tiny", "grouped_tiny"]


@pytest.mark.parametrize("name", NAMES)
def test_the_module_computes_the_model_bit_for_bit_under_the_same_names(name):
    torch.manual_seed(0)
    model = models.MODELS[name]()
    graph = tp.extract(model, model.example_shape)
    module = tp.to_module(graph)
    x = torch.randn(3, *model.example_shape)
    assert torch.equal(module.eval()(x), model.eval()(x))
    assert set(module.state_dict()) == set(model.state_dict())
    module.load_state_dict(model.state_dict())
    again = tp.extract(module, graph.input_shape)
    assert torch.equal(tp.forward(again, x), tp.forward(graph, x))
    assert again.order == graph.order


@pytest.mark.parametrize("seed", range(6))
def test_random_networks_survive_the_round_trip(seed):
    net = RandomNet(seed)
    graph = tp.extract(net, net.example_shape)
    module = tp.to_module(graph).eval()
    x = torch.randn(2, *net.example_shape)
    assert torch.equal(module(x), net.eval()(x))


def test_trap_091_a_compacted_module_trains_every_parameter():
    torch.manual_seed(0)
    model = models.MODELS["resnet20"]()
    graph = tp.extract(model, model.example_shape)
    module = tp.to_module(tp.compact(tp.apply_mask(graph, random_mask(graph, 0.2, 0)))).train()
    before = {name: p.detach().clone() for name, p in module.named_parameters()}
    optimiser = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9)
    x, y = torch.randn(8, 3, 32, 32), torch.randint(10, (8,))
    losses = []
    for _ in range(4):
        optimiser.zero_grad()
        loss = functional.cross_entropy(module(x), y)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert all(not torch.equal(p, before[name]) for name, p in module.named_parameters() if p.requires_grad)
    assert module.bn1.running_mean.abs().sum() > 0


def test_trap_084_093_copies_compiles_and_exports():
    torch.manual_seed(0)
    model = models.MODELS["digits_convnet"]()
    graph = tp.extract(model, model.example_shape)
    module = tp.to_module(tp.compact(tp.apply_mask(graph, random_mask(graph, 0.3, 0)))).eval()
    x = torch.randn(2, *model.example_shape)
    expected = module(x)
    assert torch.equal(copy.deepcopy(module)(x), expected)
    exported = torch.export.export(module, (x,), strict=False).module()
    torch.testing.assert_close(exported(x), expected, rtol=1e-5, atol=1e-6)


def test_the_module_shares_nothing_with_the_graph():
    graph = tp.extract(nn.Linear(2, 1), (2,))
    module = tp.to_module(graph)
    with torch.no_grad():
        next(module.parameters()).zero_()
    assert graph.weights["weight"].any()


def test_meta_graphs_are_refused():
    with pytest.raises(ValueError, match="to_module: the graph lies on the meta device"):
        tp.to_module(tp.extract(nn.Linear(2, 2, device="meta"), (2,)))
