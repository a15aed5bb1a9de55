import math

import numpy as np
import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import inputs_of, model_graph, sequential_graph
from tests.coresets.residual_nets import EXTRAS, residual_net
from tests.small import Written
from theoryprune.bounds import search_difference
from theoryprune.coresets import is_reduction, kernel_fit, merge, norm, reduce
from theoryprune.coresets.certify_network import network_blocks, why_no_bound
from theoryprune.coresets.hidden_groups import hidden_groups


def shallow_conv():
    return sequential_graph(
        nn.Conv2d(2, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32, 3), shape=(2, 6, 6),
    )  # fmt: skip


@pytest.mark.parametrize("method", [merge, kernel_fit])
@pytest.mark.parametrize("radius", [0.5, 20.0])
@pytest.mark.parametrize("graph", [model_graph("digits_mlp"), shallow_conv()], ids=["dense", "convolutions"])
def test_no_input_of_the_ball_changes_the_output_more(graph, radius, method):
    result = reduce(graph, 0.6, method, radius=radius, effort="fast")
    bound = result.end_to_end
    assert bound.radius == radius
    x = inputs_of(graph, 500)
    x = radius * x / x.flatten(1).norm(dim=1).reshape(-1, *[1] * (x.ndim - 1))
    change = (tp.forward(graph, x) - tp.forward(result.graph, x)).norm(dim=1).max()
    assert 0 < float(change) <= bound.error < math.inf
    assert 0 < bound.observed <= bound.error


def test_deep_networks_on_request_only():
    graph = model_graph("dense_tiny")
    assert reduce(graph, 0.75, effort="fast").end_to_end is None
    result = reduce(graph, {"transition": 6, "stem": 6}, effort="fast", end_to_end=True)
    x = inputs_of(graph, 50)
    x = x / x.flatten(1).norm(dim=1).reshape(-1, 1, 1, 1)
    assert float((tp.forward(graph, x) - tp.forward(result.graph, x)).norm(dim=1).max()) <= result.end_to_end.error


def test_none_without_all_certificates():
    graph = sequential_graph(nn.Linear(3, 6), nn.GELU(), nn.Linear(6, 2), shape=(3,))
    assert reduce(graph, 0.5).end_to_end is None
    assert reduce(model_graph("digits_mlp"), 0.5, certify=False).end_to_end is None
    assert reduce(model_graph("digits_mlp"), 0.5, effort="fast", end_to_end=False).end_to_end is None
    whole = reduce(model_graph("digits_mlp"), 1.0).end_to_end
    assert (whole.error, whole.terms) == (0, ())


def searched(graph, result, radius, seed):
    found = search_difference(graph, result.graph, radius, starts=12, steps=60, seed=seed)
    return max(found.difference, result.end_to_end.observed)


@pytest.mark.parametrize(
    ("extra", "seeds"),
    [
        ("plain", range(2)),
        ("preactivated", range(1)),
        *(pytest.param(extra, range(2, 32), marks=pytest.mark.slow) for extra in EXTRAS),
    ],
)
def test_streams_and_groups_inside_blocks(extra, seeds):
    """Adversarial search on residual networks with norms, biases, leaky slopes, convolutions, projections."""
    mixed = 0
    for seed in seeds:
        graph, rng = residual_net(seed, extra), np.random.default_rng(seed)
        method, radius = [merge, kernel_fit, norm][seed % 3], float(rng.choice([0.1, 1.0, 10.0]))
        share = float(rng.choice([0.5, 0.75]))
        result = reduce(graph, share, method, streams=True, end_to_end=True, radius=radius, effort="fast")
        assert 0 < searched(graph, result, radius, seed) <= result.end_to_end.error < math.inf
        found = is_reduction(result)
        assert found, found.reason
        kinds = {row.kind for row in result.layers if row.after < row.before}
        mixed += "stream" in kinds and len(kinds) > 1
    assert mixed >= len(seeds) // 2


def test_a_group_that_is_written_before_and_after_another():
    """The shortcut comes first among the records, so its group is reduced while the branch is still whole."""
    parts = {"e": nn.Linear(4, 3, bias=False), "c": nn.Linear(4, 30, bias=False), "d": nn.Linear(30, 3, bias=False)}
    net = Written(lambda m, x: m.head(torch.relu(m.e(x) + m.d(torch.relu(m.c(x))))), **parts, head=nn.Linear(3, 2))
    with torch.no_grad():
        net.c.weight[1:] = net.c.weight[:1]  # copies: merging them costs nothing
        net.d.weight.zero_()[0] = 1
        net.e.weight.zero_()[1:] = torch.eye(4)[:2]
        net.head.weight.fill_(100)[:, 0] = 1  # so that the unit which reads them is the one that goes
    graph = tp.extract(net.double(), (4,))
    result = reduce(graph, {"e": 2, "c": 1}, end_to_end=True)
    assert list(result.coresets) == ["e", "c"]
    assert 0.9 * result.end_to_end.error < result.end_to_end.observed <= result.end_to_end.error


def test_a_sum_of_different_convolutions_has_a_row_for_each():
    class Projected(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.a, self.b = nn.Conv2d(2, 4, 3), nn.Conv2d(4, 5, 3, 2, 1), nn.Conv2d(5, 6, 3, 1, 1)
            self.shortcut, self.head = nn.Conv2d(4, 6, 1, 2), nn.Linear(6, 2)

        def forward(self, x):
            x = torch.relu(self.stem(x))
            return self.head(torch.relu(self.shortcut(x) + self.b(torch.relu(self.a(x)))).mean((2, 3)))

    torch.manual_seed(0)
    graph = tp.extract(Projected().double(), (2, 7, 7))
    result = reduce(graph, 0.5, kernel_fit, end_to_end=True, effort="fast")
    proof = {row.group: row.certificate for row in result.layers}["shortcut"]
    assert [row.name for row in proof.stream] == ["shortcut", "b", "head"]
    assert "different windows" in proof.note
    assert searched(graph, result, 1.0, 0) <= result.end_to_end.error
    assert is_reduction(result)


@pytest.mark.slow
def test_benchmark_models_get_a_number():
    graph = model_graph("resnet20")
    result = reduce(graph, 0.5, norm, streams=True, end_to_end=True, effort="fast")
    assert result.end_to_end.observed <= result.end_to_end.error < math.inf
    assert result.end_to_end.vacuous
    assert "vacuous" in str(result.end_to_end)


def test_why_there_is_none():
    graph = sequential_graph(nn.Linear(3, 6), nn.GELU(), nn.Linear(6, 2), shape=(3,))
    assert reduce(graph, 0.5).unbounded.startswith("nothing is proved of '0': gelu ('gelu') has no slopes")
    graph = model_graph("digits_mlp")
    assert reduce(graph, 0.5, certify=False).unbounded == "nothing is proved of 'fc1': not asked for"
    assert reduce(graph, 0.5, effort="fast", end_to_end=False).unbounded == "end_to_end=True asks for it"
    assert reduce(graph, 0.5, effort="fast").unbounded == ""


def test_a_layer_that_reads_and_writes_its_group_is_named():
    """Without norms between them the second map of a linear stream reads what the first one wrote, and adds to it."""

    def forward(m, x):
        x = m.stem(x)
        return m.head(torch.relu(x + m.inner(torch.relu(x))))

    parts = {"stem": nn.Linear(3, 6), "inner": nn.Linear(6, 6), "head": nn.Linear(6, 2)}
    graph = tp.extract(Written(forward, **parts).double(), (3,))
    result = reduce(graph, 0.5, streams=True, end_to_end=True, effort="fast")
    assert result.end_to_end is None
    assert "'inner' both reads and writes it" in result.unbounded
    groups, proofs = hidden_groups(graph), {row.group: row.certificate for row in result.layers}
    assert why_no_bound(groups, result.coresets, proofs) == result.unbounded
    assert why_no_bound(groups, {}, proofs) == ""


def test_each_reading_has_a_row_of_its_own():
    graph = residual_net(0, "preactivated", convolutions=False)
    result = reduce(graph, 0.5, streams=True, effort="fast")
    groups, proofs = hidden_groups(graph), {row.group: row.certificate for row in result.layers}
    rows = network_blocks(graph, groups, result.coresets, proofs)
    for hidden, of_group in zip(groups, rows, strict=True):
        assert [row.ends for row in of_group] == [tuple(c.layer for c in reading) for reading in hidden.readings]
    stream = next(of_group for hidden, of_group in zip(groups, rows, strict=True) if hidden.stream)
    assert [len(row.starts) for row in stream] == list(range(1, len(stream) + 1))
