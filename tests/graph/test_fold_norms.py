import pytest
import torch
from torch import nn

import theoryprune as tp
from benchmarks.models import MODELS
from tests.networks import random_graph
from tests.small import Written, with_statistics
from theoryprune.graph.fold_norms import fold_batch_norms


def difference(first, second, count=3):
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(count, *first.input_shape, generator=draw, dtype=first.dtype)
    one, other = tp.forward(first, x), tp.forward(second, x)
    return float((one - other).abs().max() / one.abs().max())


@pytest.mark.parametrize("model", ["mobile_tiny", "dense_tiny", "grouped_tiny"])
def test_the_same_function_from_fewer_records(model):
    torch.manual_seed(0)
    net = with_statistics(MODELS[model]()).double()
    graph = tp.extract(net, net.example_shape)
    folded = fold_batch_norms(graph)
    assert difference(graph, folded) < 1e-12
    norms = [sum(layer.kind == "batch_norm" for layer in g.layers) for g in (graph, folded)]
    assert len(graph.layers) - len(folded.layers) == norms[0] - norms[1]
    assert [group.size for group in tp.channel_groups(folded)] == [group.size for group in tp.channel_groups(graph)]
    if model != "dense_tiny":
        assert norms[1] == 0
    again = fold_batch_norms(folded)
    assert [layer.name for layer in again.layers] == [layer.name for layer in folded.layers]


@pytest.mark.parametrize("seed", range(10))
def test_random_networks(seed):
    graph = random_graph(seed)
    folded = fold_batch_norms(graph)
    assert difference(graph, folded) < 1e-12
    rebuilt = tp.to_module(folded)
    x = torch.randn(2, *graph.input_shape, dtype=graph.dtype, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(rebuilt.eval()(x), tp.forward(folded, x))


def test_what_something_else_reads_stays():
    net = Written(lambda m, x: (y := m.a(x)) + m.b(y), a=nn.Linear(3, 4), b=nn.BatchNorm1d(4))
    graph = tp.extract(with_statistics(net).double(), (3,))
    assert len(fold_batch_norms(graph).layers) == len(graph.layers)


def test_the_graph_is_not_written():
    graph = tp.extract(with_statistics(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))), (3,))
    before = graph.weights["0.weight"].clone()
    assert not torch.equal(fold_batch_norms(graph).weights["0.weight"], before)
    assert torch.equal(graph.weights["0.weight"], before)
    with pytest.raises(TypeError, match="WeightGraph"):
        fold_batch_norms(nn.Linear(1, 1))


def test_batch_norms_at_the_end_and_one_behind_the_other():
    class Forked(nn.Module):
        def __init__(self):
            super().__init__()
            self.f, self.a, self.b = nn.Linear(3, 4), nn.BatchNorm1d(4), nn.BatchNorm1d(4)

        def forward(self, x):
            first = self.a(self.f(x))
            return self.b(first) + first

    for net, kinds in (
        (nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.BatchNorm1d(4)), ["linear"]),
        (Forked(), ["linear", "batch_norm", "add"]),
    ):
        graph = tp.extract(with_statistics(net).double(), (3,))
        folded = fold_batch_norms(graph)
        assert [layer.kind for layer in folded.layers] == kinds
        x = torch.randn(5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        torch.testing.assert_close(tp.forward(folded, x), tp.forward(graph, x), rtol=1e-12, atol=1e-12)


def test_coefficients_are_computed_in_float64_and_cast_once():
    torch.manual_seed(0)
    graph = tp.extract(with_statistics(nn.Sequential(nn.Linear(30, 20), nn.BatchNorm1d(20))), (30,))
    linear, norm = graph.layers
    scale, shift = norm.affine()
    folded = fold_batch_norms(graph).by_name[linear.name]
    assert torch.equal(folded.weight, (linear.weight.double() * scale[:, None]).float())
    assert torch.equal(folded.bias, (shift + scale * linear.bias.double()).float())
