"""The flow network: what stands for each record, and what has no flow."""

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.small import Written, with_statistics
from theoryprune.graph.flow import flow, flow_network
from theoryprune.layers import LAYERS, AvgPool, MaxPool, Shift, Softmax
from theoryprune.types import FlowRule


def graph_of(*parts, shape=(2, 6, 6)):
    return tp.extract(nn.Sequential(*parts).double(), shape)


def values(graph, bias="drop"):
    """The flow network's output on ones."""
    network = flow_network(graph, bias=bias)
    return tp.forward(network, torch.ones(1, *graph.input_shape, dtype=torch.float64))


@pytest.mark.parametrize("kind", [kind for kind in LAYERS if kind != Softmax.kind])
def test_every_layer_kind_has_a_flow(kind):
    assert flow.dispatch(LAYERS[kind]) is not flow.dispatch(object)


def test_an_unknown_record_is_refused_by_name_and_quantity():
    with pytest.raises(tp.UnsupportedLayerError, match=r"'top' \(softmax\): no flow is defined"):
        flow(Softmax(name="top", inputs=("x",)), (3,), FlowRule(), torch.float64)


def test_weights_become_absolute_and_biases_go():
    graph = graph_of(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU())
    folded = flow_network(graph)
    assert [layer.kind for layer in folded.layers] == ["conv"]
    assert torch.equal(folded.weights["0.weight"], graph.weights["0.weight"].abs())
    assert folded.layers[0].bias is None


def test_biases_are_edges_from_a_constant_unit():
    graph = graph_of(nn.Linear(3, 2), nn.LeakyReLU(), nn.Linear(2, 1), shape=(3,))
    w0, b0, w1, b1 = (graph.state_dict()[name].abs() for name in ("0.weight", "0.bias", "2.weight", "2.bias"))
    expected = (w1 @ (w0.sum(1) + b0) + b1).view(1, 1)
    torch.testing.assert_close(values(graph, "unit"), expected, rtol=1e-14, atol=0)


def test_trap_034_batch_norm_is_its_absolute_scale_without_mean_and_shift():
    model = with_statistics(nn.Sequential(nn.Conv2d(2, 3, 1, bias=False), nn.BatchNorm2d(3))).double()
    model[1].weight.data = torch.tensor([-2.0, 0.0, 1.0], dtype=torch.float64)
    graph = tp.extract(model, (2, 6, 6))
    scale = (model[1].running_var + model[1].eps).rsqrt() * model[1].weight.detach().abs()
    expected = (graph.weights["0.weight"].abs().sum((1, 2, 3)) * scale).view(1, 3, 1, 1).expand(1, 3, 6, 6)
    for bias in ("drop", "unit"):
        torch.testing.assert_close(values(graph, bias), expected, rtol=1e-14, atol=0)
    moved = with_statistics(nn.Sequential(nn.Conv2d(2, 3, 1, bias=False), nn.BatchNorm2d(3))).double()
    moved.load_state_dict(model.state_dict())
    moved[1].running_mean += 3
    moved[1].bias.data += 5
    first, second = tp.synflow(graph), tp.synflow(tp.extract(moved, (2, 6, 6)))
    assert torch.equal(first.values["0.weight"], second.values["0.weight"])
    assert float(first.values["0.weight"][1].max()) == 0  # the scale 0 ends every path through its channel


def test_constants():
    net = Written(lambda self, x: self.fc((x * -3.0 - 2.0) / torch.tensor(-2.0)), fc=nn.Linear(3, 1, bias=False))
    graph = tp.extract(net.double(), (3,))
    row = graph.weights["fc.weight"].abs().sum()
    torch.testing.assert_close(values(graph), (row * 1.5).view(1, 1), rtol=1e-14, atol=0)
    torch.testing.assert_close(values(graph, "unit"), (row * 2.5).view(1, 1), rtol=1e-14, atol=0)


def test_a_difference_is_a_sum():
    net = Written(lambda self, x: self.a(x) - self.b(x), a=nn.Linear(3, 2, bias=False), b=nn.Linear(3, 2, bias=False))
    graph = tp.extract(net.double(), (3,))
    both = sum(graph.weights[name].abs().sum(1) for name in graph.order)
    torch.testing.assert_close(values(graph), both.view(1, 2), rtol=1e-14, atol=0)


@pytest.mark.parametrize("activation", [nn.ReLU(), nn.ReLU6(), nn.GELU(), nn.SiLU(), nn.Sigmoid(), nn.Tanh()])
def test_activations_are_the_identity(activation):
    graph = graph_of(nn.Linear(3, 2), activation, shape=(3,))
    assert torch.equal(
        values(graph), values(graph_of(*[nn.Linear(3, 2)], shape=(3,)).with_weights(dict(graph.weights)))
    )


def test_a_last_softmax_is_removed():
    graph = graph_of(nn.Linear(3, 2), nn.Softmax(1), shape=(3,))
    assert flow_network(graph).output == "0"


def test_trap_035_totals_are_the_flow_without_biases_only():
    graph = graph_of(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2), shape=(4,))
    dropped, unit = tp.synflow(graph), tp.synflow(graph, bias="unit")
    totals = [float(score.sum()) / dropped.total for score in dropped.values.values()]
    assert totals == pytest.approx([1, 1], rel=1e-13)
    assert float(unit.values["0.weight"].sum()) < 0.99 * unit.total
    # The cut behind the first layer holds its weights and every bias that enters behind it.
    b0, b1 = (graph.state_dict()[name].abs() for name in ("0.bias", "2.bias"))
    bias_edges = (b0 @ graph.weights["2.weight"].abs().sum(0) + b1.sum()) * 2.0**-unit.exponent
    assert float(unit.values["0.weight"].sum() + bias_edges) == pytest.approx(unit.total, rel=1e-13)


def test_all_refusals_come_at_once_and_before_any_computation():
    graph = graph_of(
        nn.Conv2d(2, 2, 1),
        nn.AvgPool2d(2, divisor_override=-4),
        nn.MaxPool2d(2, padding=1, dilation=3),
        shape=(2, 4, 4),
    )
    nan = {name: torch.full_like(weight, torch.nan) for name, weight in graph.weights.items()}
    with pytest.raises(tp.UnsupportedLayerError, match="2 layer") as caught:
        tp.synflow(graph.with_weights(nan))
    assert "padding only" in str(caught.value)
    assert "divisor_override -4 is negative" in str(caught.value)


def test_windows_of_padding_are_found_from_shapes():
    def pool(size, kernel, dilation, padding):
        layer = MaxPool(
            name="p", inputs=("x",), kernel=(kernel,), stride=(1,), padding=(padding,), dilation=(dilation,)
        )
        return flow(layer, (1, size), FlowRule(), torch.float64)

    assert pool(4, 2, 3, 1)
    assert pool(2, 3, 1, 1)
    with pytest.raises(tp.UnsupportedLayerError, match="padding only"):
        pool(2, 2, 3, 1)


def test_arguments():
    graph = graph_of(nn.Linear(3, 2), shape=(3,))
    with pytest.raises(ValueError, match="bias must be 'drop' or 'unit', got 'keep'"):
        flow_network(graph, bias="keep")
    with pytest.raises(ValueError, match=r"dtype must be torch.float64 or torch.float32, got torch.float16"):
        flow_network(graph, dtype=torch.float16)
    bad = graph.with_weights({"0.weight": torch.tensor([[1.0, torch.nan, torch.inf], [1, 1, 1]]).double()})
    with pytest.raises(ValueError, match=r"'0.weight' must be finite, got 2"):
        flow_network(bad)
    with pytest.raises(ValueError, match="meta"):
        flow_network(tp.extract(nn.Linear(3, 2, device="meta"), (3,)))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_lower_precision_is_converted_up(dtype):
    graph = tp.extract(nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).to(dtype), (3,))
    network = flow_network(graph)
    assert network.dtype == torch.float64
    assert torch.equal(network.weights["0.weight"], graph.weights["0.weight"].double().abs())


def test_the_graph_is_not_written_and_nothing_is_shared():
    graph = graph_of(nn.Conv2d(2, 2, 1), nn.AvgPool2d(2))
    before = {name: tensor.clone() for name, tensor in graph.state_dict().items()}
    network = flow_network(graph)
    network.weights["0.weight"].zero_()
    assert all(torch.equal(tensor, before[name]) for name, tensor in graph.state_dict().items())
    assert not any(isinstance(layer, Shift) for layer in network.layers)
    assert any(isinstance(layer, AvgPool) for layer in network.layers)


def squared(graph):
    """The graph with its weights, and every fixed factor of a path, replaced by their squares."""
    return graph.with_weights({name: weight**2 for name, weight in graph.weights.items()})


def test_power_two_squares_every_factor_of_a_path():
    graph = graph_of(
        nn.Conv2d(2, 3, 3, padding=1, bias=False), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(3, 1, 1, bias=False)
    )
    network = flow_network(graph, power=2)
    found = tp.forward(network, torch.ones(1, 2, 6, 6, dtype=torch.float64))
    expected = tp.forward(flow_network(squared(graph)), torch.ones(1, 2, 6, 6, dtype=torch.float64)) / 4
    torch.testing.assert_close(found, expected, rtol=1e-14, atol=0)


def test_power_two_of_other_averages_and_factors():
    parts = [nn.BatchNorm2d(2), nn.AdaptiveAvgPool2d(3), nn.AvgPool2d(2, divisor_override=3), nn.AdaptiveAvgPool2d(1)]
    net = nn.Sequential(*parts).double()
    net[0].weight.data = torch.tensor([3.0, -0.5]).double()
    net[0].running_var.fill_(4 - 1e-5)
    network = flow_network(tp.extract(net, (2, 6, 6)), power=2)
    out = tp.forward(network, torch.ones(1, 2, 6, 6, dtype=torch.float64)).view(-1)
    # (gamma / sigma)^2; then 4 cells averaged over 4, 4 cells over 3, one cell: the factors 1 / n are squared.
    expected = torch.tensor([9 / 4, 1 / 16]).double() * (4 / 16) * (4 / 9)
    torch.testing.assert_close(out, expected, rtol=1e-14, atol=0)


@pytest.mark.parametrize("pool", [nn.AdaptiveAvgPool2d(4), nn.AvgPool2d(3, 1, 1, count_include_pad=False)])
def test_power_two_refuses_averages_of_unequal_cells(pool):
    with pytest.raises(tp.UnsupportedLayerError, match="different numbers of cells"):
        flow_network(graph_of(pool), power=2)


def test_a_power_is_one_or_two():
    with pytest.raises(ValueError, match="power must be 1 or 2, got 3"):
        flow_network(graph_of(nn.ReLU()), power=3)
