from dataclasses import replace

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import model_graph, sequential_graph
from tests.small import Written, with_statistics
from theoryprune.coresets import CONSTRUCTIONS, group_coreset, hidden_layer, merge, norm
from theoryprune.coresets.apply import applied
from theoryprune.coresets.certify_group import certify_group
from theoryprune.coresets.hidden_groups import hidden_groups


def certified(graph, width, method=merge, **options):
    hidden = hidden_groups(graph)[0]
    coreset = group_coreset(hidden_layer(graph, hidden.group.name), method, width, seed=0)
    after = applied(graph, hidden, coreset)
    return certify_group(graph, after, hidden, coreset, **options), after


def net(*between, dtype=torch.float64):
    return sequential_graph(nn.Linear(4, 12), *between, nn.Linear(12, 3), shape=(4,), dtype=dtype)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("method", ["merge", "kernel_fit", "uniform"])
@pytest.mark.parametrize(
    "between",
    [
        (nn.ReLU(),),
        (nn.BatchNorm1d(12), nn.LeakyReLU(0.3)),
        (nn.ReLU(), nn.BatchNorm1d(12)),
        (nn.ReLU6(),),
        (nn.Tanh(),),
    ],
    ids=str,
)
def test_no_input_shows_a_larger_error(between, method, dtype):
    graph = net(*between, dtype=dtype)
    proof, after = certified(graph, 6, CONSTRUCTIONS[method])
    worst = 0.0
    draw = torch.Generator().manual_seed(0)
    wide, narrow = (replace(g, layers=tuple(_double(layer) for layer in g.layers)) for g in (graph, after))
    for size in (0.1, 1.0, 10.0, 1000.0):
        x = size * torch.randn(2000, 4, generator=draw, dtype=torch.float64)
        error = (tp.forward(wide, x) - tp.forward(narrow, x)).norm(dim=1)
        worst = max(worst, float((error / (x.square().sum(1) + 1).sqrt()).max()))
    assert worst <= proof.best * (1 + (1e-5 if dtype == torch.float32 and len(between) > 1 else 1e-12))
    if proof.observed is not None:
        assert 0 < proof.observed <= proof.best
        assert proof.tightness == proof.observed / proof.best


def test_units_that_are_read_twice_count_together():
    """Concatenated with themselves: the error is that of both columns at once, which is up to twice as long."""
    parts = {"first": nn.Linear(3, 6), "last": nn.Linear(12, 1)}
    module = Written(lambda m, x: m.last(torch.cat(2 * [torch.relu(m.first(x))], 1)), **parts).double()
    graph = tp.extract(module, (3,))
    ones = graph.with_weights({"last.weight": torch.ones(1, 12).double()})
    proof, after = certified(ones, 3)
    x = 10 * torch.randn(5000, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    error = (tp.forward(ones, x) - tp.forward(after, x)).norm(dim=1)
    worst = float((error / (x.square().sum(1) + 1).sqrt()).max())
    assert 0.9 * proof.observed <= worst <= proof.best


def _double(layer):
    return layer.with_tensors({key: tensor.double() for key, tensor in layer.tensors()})


def test_streams_say_that_they_have_none():
    proof, _ = certified(model_graph("resnet20"), 2)
    assert proof.best is None
    assert "stream" in str(proof)


def test_readings_and_consumers_add_up_in_squares():
    proof, _ = certified(model_graph("dense_tiny"), 4, effort="fast")
    assert len(proof.parts) == 3
    assert proof.best == pytest.approx(sum(part.best**2 for part in proof.parts) ** 0.5)
    assert proof.constant == pytest.approx(sum(part.constant**2 for part in proof.parts) ** 0.5)
    assert proof.observed == max(part.observed for part in proof.parts)


def test_nothing_is_certified_of_what_has_no_slopes():
    proof, _ = certified(net(nn.GELU()), 6)
    assert (proof.best, proof.observed, proof.tightness, proof.vacuous) == (None, None, None, None)
    assert str(proof).startswith("no certificate: gelu")


def test_a_whole_group_is_certified_without_error():
    proof, _ = certified(net(nn.ReLU()), 12)
    assert (proof.observed, proof.best, proof.tightness, proof.vacuous) == (0, 0, 1, None)


def test_a_consumer_that_reads_nothing_of_a_unit_hides_it_from_no_other():
    """Two batch norms behind one activation, one of them with a factor 0: the other consumer still sees the unit."""
    parts = {"a": nn.Linear(4, 8), "b": nn.BatchNorm1d(8), "c": nn.Linear(8, 2), "d": nn.Linear(8, 2)}
    torch.manual_seed(0)
    net = with_statistics(Written(lambda m, x: m.c(m.b(h := m.a(x).relu())) + m.d(h), **parts))
    with torch.no_grad():
        net.b.weight[:4] = 0
        net.d.weight[:, :4] *= 100
    graph = tp.extract(net.double(), (4,))
    proof, after = certified(graph, 3, norm)
    x = torch.randn(2000, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    error = [_parts_of(g, x) for g in (graph, after)]
    gap = torch.cat([error[0][name] - error[1][name] for name in ("c", "d")], 1).norm(dim=1)
    assert float((gap / (x.square().sum(1) + 1).sqrt()).max()) <= proof.best


def _parts_of(graph, x):
    values = {"<input>": x}
    for layer in graph.layers:
        values[layer.name] = layer.forward(*(values[name] for name in layer.inputs))
    return values
