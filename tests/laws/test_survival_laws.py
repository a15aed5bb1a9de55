"""Theorem 3 at work: adaptive runs keep an input-output path at every iteration, on networks of every kind.

Each run goes down to the fewest weights that the schedule reaches, and each mask on the way is evaluated once more by
the plain flow, the one that the checker uses.
"""

from math import isfinite

import pytest
import torch
from torch import nn

import theoryprune as tp
from benchmarks.models import MODELS, resnet110, resnet1202, vgg16_bn
from tests.maps import map_graph
from tests.networks import random_graph
from theoryprune.graph.plain_flow import plain_flow

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")


def graph_of(factory, shape=None, **options):
    torch.manual_seed(0)
    net = factory(**options).double()
    return tp.extract(net, shape or net.example_shape)


def pruned_to_the_end(graph):
    """Prune adaptively as far as the flow lets it go."""
    return tp.prune(graph, tp.synflow, 1 / graph.num_weights, tp.adaptive(), on_collapse="report")


def assert_survival(pruning):
    """The certificate's side of it: the theorem applied to every row."""
    certificate = pruning.certificate
    assert pruning.collapsed_at is None
    assert all(row.connected and row.flow > 0 for row in pruning.trace)
    assert all(row.ratio <= certificate.theta_max for row in pruning.trace)
    assert certificate.theta_max < 1
    assert pruning.final_flow > 0
    assert certificate.certified
    assert certificate.connected


def assert_flow_after_each_row(pruning, graph):
    """The network's side of it: the flow left by each mask, from the masks and the weights alone."""
    for row in pruning.trace:
        mask = pruning.mask_after(row.iteration)
        assert mask.kept == row.kept_after
        assert plain_flow(tp.apply_mask(graph, mask)).total > 0


def connected_graphs(small, mixing):
    """Networks with a path at the start: some over maps of one to three axes, larger ones that mix every layer."""
    drawn = (map_graph(s, blocks=2 + s % 3, dims=1 + s % 3, low=5, high=12, biases=s % 2 == 0) for s in range(1000))
    mixed = (random_graph(s) for s in range(1000))
    for graphs, count in ((drawn, small), (mixed, mixing)):
        while count:
            graph = next(graphs)
            if plain_flow(graph).total > 0:
                count -= 1
                yield graph


@pytest.mark.parametrize(("small", "mixing"), [(60, 20), pytest.param(180, 40, marks=pytest.mark.slow)])
def test_the_flow_survives_on_random_networks(small, mixing):
    networks = pruned = further = 0
    for graph in connected_graphs(small, mixing):
        pruning = pruned_to_the_end(graph)
        assert_survival(pruning)
        assert_flow_after_each_row(pruning, graph)
        # No mask with a path has fewer weights than the shortest path; runs may stop above it.
        assert pruning.mask.kept * tp.max_compression(graph) >= graph.num_weights * (1 - 1e-12)
        networks += 1
        pruned += pruning.mask.kept < graph.num_weights / 2
        further += pruning.mask.kept > pruning.certificate.shortest_path
    assert networks == small + mixing
    assert pruned >= networks * 190 / 220
    assert 0 < further < networks / 2  # most reach a shortest path, and not all do


@pytest.mark.parametrize(
    "name",
    [
        *("mobile_tiny", "dense_tiny", "grouped_tiny"),
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("resnet20", "resnet20_a", "resnet18_64")),
    ],
)
def test_the_flow_survives_on_the_benchmark_models(name):
    graph = graph_of(MODELS[name])
    pruning = pruned_to_the_end(graph)
    assert_survival(pruning)
    assert_flow_after_each_row(pruning, graph)
    reached = graph.num_weights / pruning.mask.kept
    assert 100 < reached <= tp.max_compression(graph) * (1 + 1e-12)


@pytest.mark.slow
def test_vgg16_keeps_exactly_one_weight_per_layer():
    graph = graph_of(vgg16_bn)
    layers = len(graph.order)
    pruning = tp.prune(graph, tp.synflow, layers / graph.num_weights)
    assert [int(keep.sum()) for keep in pruning.mask.keep.values()] == [1] * layers
    assert graph.num_weights / pruning.mask.kept == tp.max_compression(graph)
    assert_survival(pruning)
    assert pruning.certificate.maximal_critical_compression is True


@pytest.mark.slow
@pytest.mark.parametrize("schedule", [tp.exponential(100), tp.adaptive()], ids=str)
def test_resnet110_finishes(schedule):
    """Fixed steps leave the theorem's hypothesis on so deep a network, and the certificate says so; paths survive."""
    graph = graph_of(resnet110)
    pruning = tp.prune(graph, tp.synflow, 0.01, schedule)
    assert pruning.certificate.dtype == "float64"
    assert pruning.mask.kept == -(-graph.num_weights // 100)
    assert all(row.connected and row.flow > 0 for row in pruning.trace)
    assert pruning.certificate.connected
    if pruning.schedule == "adaptive(0.99)":
        assert_survival(pruning)
    else:
        assert len(pruning.trace) == 100
        assert not pruning.certificate.certified
        assert pruning.certificate.largest_ratio > 1


def plain_network(depth=200, width=8):
    """Convolutions alone, each of 3 x 3, and a linear head: nothing to carry the signal around a layer."""
    layers = []
    for channels in (3, *[width] * (depth - 2)):
        conv = nn.Conv2d(channels, width, 3, padding=1, bias=False)
        nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
        layers += [conv, nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10))


@pytest.mark.slow
def test_a_plain_network_of_200_layers_finishes():
    graph = graph_of(plain_network, (3, 8, 8))
    assert len(graph.order) == 200
    pruning = tp.prune(graph, tp.synflow, 1 / 20)
    assert pruning.mask.kept == -(-graph.num_weights // 20)
    assert not pruning.mask.empty_layers
    assert_survival(pruning)
    assert pruning.certificate.maximal_critical_compression


@pytest.mark.slow
def test_resnet1202_is_scored():
    scores = tp.synflow(graph_of(resnet1202, (3, 8, 8)))
    assert len(scores.values) > 1200
    for values in scores.values.values():
        assert torch.isfinite(values).all()
        assert (values >= 0).all()
    assert isfinite(scores.total)
    assert scores.total > 0
    assert scores.flushed == 0
    last = list(scores.values.values())[-1]
    assert float(last.sum()) == pytest.approx(scores.total, rel=1e-9)
