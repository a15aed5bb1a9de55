import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

import benchmarks.models as models
import theoryprune as tp
from tests.networks import RandomNet, random_mask
from theoryprune.graph.emit import emit
from theoryprune.layers import LAYERS, Layer

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


def test_every_kind_of_layer_has_a_rule():
    def ruled(kind: type[Layer]) -> bool:
        return emit.dispatch(kind) is not emit.dispatch(Layer)

    assert [kind for kind, layer in LAYERS.items() if not ruled(layer)] == []


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


def test_layers_that_only_graphs_have_are_emitted():
    class Difference(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(2, 3, 1), nn.Conv2d(2, 3, 1)

        def forward(self, x):
            return self.a(x) - self.b(x)

    graph = tp.extract(Difference().double(), (2, 4, 4)).with_weights({"a.weight": torch.zeros(3, 2, 1, 1).double()})
    small = tp.compact(graph)
    assert [layer.kind for layer in small.layers] == ["conv", "scale", "shift"]
    x = torch.randn(2, 2, 4, 4, dtype=torch.float64)
    assert torch.equal(tp.to_module(small).eval()(x), tp.forward(small, x))


def test_weights_outside_a_module_of_their_own_keep_their_names():
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.kernel, self.matrix = nn.Parameter(torch.randn(2, 1, 3, 3)), nn.Parameter(torch.randn(3, 2))
            self.scale = nn.Parameter(torch.tensor(2.0))
            self.register_buffer("offset", torch.randn(2, 1, 1))

        def forward(self, x):
            x = functional.conv2d(x, self.kernel, stride=2) * self.scale + self.offset
            return functional.linear(x.mean((2, 3)), self.matrix)

    model = Functional()
    module = tp.to_module(tp.extract(model, (1, 7, 7)))
    x = torch.randn(2, 1, 7, 7)
    assert torch.equal(module(x), model(x))
    assert set(dict(module.named_parameters())) == {"kernel", "matrix", "scale"}
    assert set(dict(module.named_buffers())) == {"offset"}


def test_frozen_parameters_stay_frozen():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    net[0].requires_grad_(False)
    module = tp.to_module(tp.extract(net, (2,)))
    assert {name for name, p in module.named_parameters() if not p.requires_grad} == {"0.weight", "0.bias"}


def test_the_module_shares_nothing_with_the_graph():
    graph = tp.extract(nn.Linear(2, 1), (2,))
    module = tp.to_module(graph)
    with torch.no_grad():
        next(module.parameters()).zero_()
    assert graph.weights["weight"].any()


def test_cumulative_batch_statistics_still_move():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3, momentum=None))
    module = tp.to_module(tp.extract(net, (2,))).train()
    module(torch.randn(16, 2))
    assert module.get_submodule("1").running_mean.abs().sum() > 0


def test_meta_graphs_are_refused():
    with pytest.raises(ValueError, match="to_module: the graph lies on the meta device"):
        tp.to_module(tp.extract(nn.Linear(2, 2, device="meta"), (2,)))
