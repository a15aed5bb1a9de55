import pytest
import torch
from torch import nn

import benchmarks.models as models
import theoryprune as tp
from tests.networks import random_graph, random_mask
from theoryprune.layers import Shift

SMALL = ["vgg11_bn", "resnet20", "resnet20_a", "lenet5_caffe", "digits_mlp"]
SMALL += ["mobile_tiny", "dense_tiny", "grouped_tiny"]


def models_by_size() -> list[tuple[str, int]]:
    """Every benchmark model with its number of weights, read off the meta device."""
    with torch.device("meta"):
        nets = {name: build() for name, build in models.MODELS.items() if name != "resnet1202"}  # minutes to extract
    return [(name, sum(p.numel() for p in net.parameters())) for name, net in nets.items()]


def trained_statistics(model: nn.Module, seed: int = 0) -> nn.Module:
    """Give batch norms and biases the values of a trained network: nothing is 0 or 1."""
    draw = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor, mean, spread in (
                (module.running_mean, 0.0, 0.3),
                (module.running_var, 1.0, 0.1),
                (module.weight.data, 1.0, 0.2),
                (module.bias.data, 0.0, 0.3),
            ):
                tensor.copy_(mean + spread * torch.randn(tensor.shape, generator=draw))
        elif isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            module.bias.data = 0.1 * torch.randn(module.bias.shape, generator=draw)
    return model


def relative_error(small: tp.WeightGraph, sparse: tp.WeightGraph) -> float:
    x = torch.randn(2, *sparse.input_shape, dtype=sparse.dtype, generator=torch.Generator().manual_seed(5))
    expected = tp.forward(sparse, x)
    return float((tp.forward(small, x) - expected).abs().max() / expected.abs().max().clamp_min(1e-30))


def assert_equal(first: tp.WeightGraph, second: tp.WeightGraph) -> None:
    assert [layer.name for layer in first.layers] == [layer.name for layer in second.layers]
    for (name, a), (other, b) in zip(first.state_dict().items(), second.state_dict().items(), strict=True):
        assert name == other
        assert torch.equal(a, b)


@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize("name", SMALL)
def test_compaction_is_exact_and_idempotent_on_the_models(name, trained):
    torch.manual_seed(0)
    model = models.MODELS[name]()
    model = trained_statistics(model) if trained else model
    collapsed = 0
    for dtype, tolerance in ((torch.float32, 1e-5), (torch.float64, 1e-12)):
        graph = tp.extract(model.to(dtype), model.example_shape)
        for density in (0.5, 0.1, 0.03):
            sparse = tp.apply_mask(graph, random_mask(graph, density, 1))
            try:
                small = tp.compact(sparse)
            except tp.LayerCollapseError:
                collapsed += 1
                x = torch.randn(2, *graph.input_shape, dtype=dtype)
                out = tp.forward(sparse, x)
                assert torch.equal(out[0], out[1])
                continue
            assert relative_error(small, sparse) < tolerance
            assert small.num_weights < graph.num_weights
            assert_equal(tp.compact(small), small)
    assert collapsed < 5


@pytest.mark.parametrize("seed", range(14))
def test_compaction_is_exact_and_idempotent_on_random_networks(seed):
    graph = random_graph(seed)
    for density in (0.6, 0.2, 0.05):
        sparse = tp.apply_mask(graph, random_mask(graph, density, seed))
        x = torch.randn(3, *graph.input_shape, dtype=torch.float64)
        try:
            small = tp.compact(sparse)
        except tp.LayerCollapseError:
            out = tp.forward(sparse, x)
            assert torch.equal(out[0], out[1])
            continue
        torch.testing.assert_close(tp.forward(small, x), tp.forward(sparse, x), rtol=1e-12, atol=1e-12)
        assert_equal(tp.compact(small), small)
        assert small.shapes[small.output] == graph.shapes[graph.output]


def test_a_dense_graph_stays_as_it_is():
    graph = random_graph(3, biases=False)
    assert_equal(tp.compact(graph), graph)


def test_the_graph_is_not_changed():
    graph = random_graph(4)
    sparse = tp.apply_mask(graph, random_mask(graph, 0.5, 0))
    before = {name: tensor.clone() for name, tensor in sparse.state_dict().items()}
    tp.compact(sparse)
    assert all(torch.equal(tensor, before[name]) for name, tensor in sparse.state_dict().items())


def test_sizes_by_hand():
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)).double()
    graph = tp.extract(net, (3,))
    first, second = graph.weights["0.weight"].clone(), graph.weights["2.weight"].clone()
    first[1], second[:, 2] = 0, 0  # neuron 1 emits its bias, neuron 2 is read by nobody
    sparse = graph.with_weights({"0.weight": first, "2.weight": second})
    small = tp.compact(sparse)
    assert [tuple(weight.shape) for weight in small.weights.values()] == [(2, 3), (2, 2)]
    emitted = net[0].bias[1].clamp_min(0)
    torch.testing.assert_close(small.state_dict()["2.bias"], net[2].bias + second[:, 1] * emitted)


def test_a_folded_constant_makes_a_bias_where_there_was_none():
    net = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1, bias=False)).double()
    graph = tp.extract(net, (2,))
    weight = graph.weights["0.weight"].clone()
    weight[0] = 0
    sparse = graph.with_weights({"0.weight": weight})
    small = tp.compact(sparse)
    assert "2.bias" in small.state_dict()
    assert relative_error(small, sparse) < 1e-12
    assert dict(tp.to_module(small).named_parameters())["2.bias"].requires_grad


def test_trap_076_a_constant_beside_padded_zeros_keeps_its_channel():
    net = nn.Sequential(nn.Conv2d(1, 3, 1), nn.ReLU(), nn.Conv2d(3, 2, 3, padding=1)).double()
    net[0].bias.data = torch.tensor([0.7, -0.7, 0.2]).double()
    graph = tp.extract(net, (1, 5, 5))
    weight = graph.weights["0.weight"].clone()
    weight[:2] = 0  # channel 0 emits 0.7 and must stay, channel 1 emits relu(-0.7) = 0 and goes
    sparse = graph.with_weights({"0.weight": weight})
    small = tp.compact(sparse)
    assert tuple(small.weights["0.weight"].shape) == (2, 1, 1, 1)
    assert relative_error(small, sparse) < 1e-12


def test_trap_075_an_emptied_residual_branch_is_dropped():
    torch.manual_seed(0)
    model = models.MODELS["resnet20"]()
    graph = tp.extract(model, model.example_shape)
    empty = {name: torch.zeros_like(w) for name, w in graph.weights.items() if name.startswith("layer1.1.conv2")}
    small = tp.compact(graph.with_weights(empty))
    assert not any(name.startswith("layer1.1.") for name in small.weights)
    assert relative_error(small, graph.with_weights(empty)) < 1e-6


def test_trap_075_an_emptied_branch_that_emits_a_constant_becomes_a_shift():
    torch.manual_seed(0)
    model = trained_statistics(models.MODELS["resnet20"]()).double()
    graph = tp.extract(model, model.example_shape)
    sparse = graph.with_weights({"layer2.0.conv2.weight": torch.zeros_like(graph.weights["layer2.0.conv2.weight"])})
    small = tp.compact(sparse)
    assert sum(isinstance(layer, Shift) for layer in small.layers) == 1
    assert "layer2.0.conv1.weight" not in small.weights
    assert relative_error(small, sparse) < 1e-12


def test_trap_075_collapse_names_the_layer_that_lets_nothing_through():
    graph = tp.extract(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2)), (2,))
    sparse = graph.with_weights({"2.weight": torch.zeros(2, 3)})
    with pytest.raises(tp.LayerCollapseError, match="'2' is the last layer that lets nothing through") as caught:
        tp.compact(sparse)
    assert caught.value.layers == ("2",)


def test_trap_060_grouped_convolutions_keep_equal_groups():
    net = nn.Sequential(nn.Conv2d(2, 8, 1, bias=False), nn.Conv2d(8, 8, 3, groups=4, bias=False), nn.Conv2d(8, 3, 1))
    graph = tp.extract(net.double(), (2, 6, 6))
    last = graph.weights["2.weight"].clone()
    last[:, [0, 1, 4]] = 0  # group 0 unread, group 2 half unread
    small = tp.compact(graph.with_weights({"2.weight": last}))
    assert tuple(small.weights["1.weight"].shape) == (6, 2, 3, 3)
    assert small.by_name["1"].groups == 3
    assert relative_error(small, graph.with_weights({"2.weight": last})) < 1e-12


def test_trap_057_concat_of_a_tensor_with_itself():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(1, 4, 1), nn.Conv2d(8, 2, 3)

        def forward(self, x):
            x = self.a(x)
            return self.b(torch.cat((x, x), 1))

    graph = tp.extract(Twice().double(), (1, 5, 5))
    weight = graph.weights["b.weight"].clone()
    weight[:, [0, 1, 4]] = 0  # channel 0 is read by neither copy, channel 1 by the second one
    small = tp.compact(graph.with_weights({"b.weight": weight}))
    assert tuple(small.weights["a.weight"].shape) == (3, 1, 1, 1)
    assert relative_error(small, graph.with_weights({"b.weight": weight})) < 1e-12


def test_trap_063_flatten_takes_blocks_of_features():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(4 * 9, 2)).double()
    graph = tp.extract(net, (1, 5, 5))
    weight = graph.weights["2.weight"].clone()
    weight.reshape(2, 4, 9)[:, 1] = 0
    small = tp.compact(graph.with_weights({"2.weight": weight}))
    assert tuple(small.weights["2.weight"].shape) == (2, 27)
    assert relative_error(small, graph.with_weights({"2.weight": weight})) < 1e-12


def test_trap_069_outputs_are_never_removed():
    graph = tp.extract(nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 3)), (4,))
    weight = graph.weights["1.weight"].clone()
    weight[1] = 0
    small = tp.compact(graph.with_weights({"1.weight": weight}))
    assert small.shapes[small.output] == (3,)


def test_trap_081_082_dtype_device_and_frozen_flags_stay():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Conv2d(4, 2, 3)).to(torch.bfloat16)
    net = net.to(memory_format=torch.channels_last)
    net[0].weight.requires_grad_(False)
    graph = tp.extract(net, (1, 6, 6))
    small = tp.compact(
        graph.with_weights({"0.weight": graph.weights["0.weight"] * torch.arange(4).reshape(4, 1, 1, 1)})
    )
    assert tuple(small.weights["1.weight"].shape) == (2, 3, 3, 3)
    assert small.dtype == torch.bfloat16
    module = tp.to_module(small)
    assert [p.requires_grad for p in module.parameters()] == [False, True, True, True]
    assert small.weights["1.weight"].is_contiguous(memory_format=torch.channels_last)


def test_meta_graphs_are_refused():
    graph = tp.extract(nn.Linear(2, 2, device="meta"), (2,))
    with pytest.raises(ValueError, match="compact: the graph lies on the meta device"):
        tp.compact(graph)


def test_trap_075_a_constant_that_varies_over_positions_is_a_collapse_too():
    net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.Conv2d(2, 2, 3, padding=1))
    net[0].bias.data.fill_(1)
    sparse = tp.extract(net, (1, 5, 5)).with_weights({"0.weight": torch.zeros(2, 1, 3, 3)})
    with pytest.raises(tp.LayerCollapseError, match="'0' is the last layer"):
        tp.compact(sparse)


def test_trap_075_the_layer_named_is_the_one_that_cuts_the_last_path():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.head = nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(4, 2)

        def forward(self, x):
            return self.head(torch.cat((self.a(x), self.b(x)), 1))

    graph = tp.extract(Two(), (2,))
    sparse = graph.with_weights({"a.weight": torch.zeros(2, 2), "head.weight": torch.zeros(2, 4)})
    with pytest.raises(tp.LayerCollapseError) as caught:
        tp.compact(sparse)
    assert caught.value.layers == ("head",)


def test_a_network_of_which_nothing_but_the_shortcut_is_left_still_runs():
    class Around(nn.Module):
        def __init__(self):
            super().__init__()
            self.b = nn.Linear(2, 2, bias=False)

        def forward(self, x):
            return torch.relu(x + self.b(x))

    small = tp.compact(tp.extract(Around().double(), (2,)).with_weights({"b.weight": torch.zeros(2, 2).double()}))
    x = torch.randn(3, 2, dtype=torch.float64)
    assert torch.equal(tp.forward(small, x), torch.relu(x))


EVERY = {name: pytest.param(name, marks=() if size < 3e5 else pytest.mark.slow) for name, size in models_by_size()}


@pytest.mark.parametrize("name", EVERY.values())
def test_compaction_is_exact_and_trains_on_every_benchmark_model_after_synflow(name):
    torch.manual_seed(0)
    model = models.MODELS[name]()
    for dtype, tolerance in ((torch.float32, 1e-5), (torch.float64, 1e-12)):
        graph = tp.extract(model.to(dtype), model.example_shape)
        pruning = tp.prune(graph, tp.synflow, 0.003, tp.exponential(9), on_collapse="report", progress=False)
        for step in (1, 4, 7, 9):  # densities 0.52, 0.076, 0.011, 0.003
            sparse = tp.apply_mask(graph, pruning.mask_after(step))
            if pruning.collapsed_at is not None and step >= pruning.collapsed_at:
                with pytest.raises(tp.LayerCollapseError):
                    tp.compact(sparse)
                continue
            small = tp.compact(sparse)
            assert relative_error(small, sparse) < tolerance
            assert_equal(tp.compact(small), small)
    module = tp.to_module(tp.compact(tp.apply_mask(graph, pruning.mask_after(4)))).train()
    module(torch.randn(2, *graph.input_shape, dtype=torch.float64)).square().sum().backward()
    assert all(p.grad is not None for p in module.parameters() if p.requires_grad)
