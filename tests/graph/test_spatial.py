"""Short maps: stretched they are the true ones; R and the scores are those of the plain evaluation."""

from dataclasses import replace

import pytest
import torch

import theoryprune as tp
from tests.maps import KINDS, map_graph, with_mask
from theoryprune.graph.flow import flow_network
from theoryprune.graph.flow_evaluator import FlowEvaluator
from theoryprune.graph.plain_flow import plain_flow
from theoryprune.graph.spatial import Stretch, plain_plan, spatial_plan
from theoryprune.types import INPUT

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")

HIGH = {1: 57, 2: 57, 3: 17}


def run_by(plan, network):
    """Evaluate a flow network by a plan; return the output and the number of cells computed."""
    values = {INPUT: torch.ones(1, *plan.start, dtype=torch.float64)}
    cells = values[INPUT].numel()
    for layer in network.layers:
        read = []
        for name, stretches in zip(layer.inputs, plan.stretches[layer.name], strict=True):
            x = values[name]
            for stretch in stretches:
                x = stretch.push(x)
            read.append(x)
        values[layer.name] = layer.forward(*read)
        cells += values[layer.name].numel()
    y = values[network.output]
    for stretch in plan.end:
        y = stretch.push(y)
    return y, cells


def single(seed, ties=False):
    """One operator, or one and what follows it, and the map itself as output."""
    dims = (1, 2, 2, 3)[seed % 4]
    return map_graph(seed, blocks=1 + seed % 2, dims=dims, high=HIGH[dims], ties=ties)


@pytest.mark.parametrize("ties", [False, True])
def test_the_maps_are_the_true_ones(ties):
    shorter = 0
    for seed in range(120):
        network = flow_network(single(seed, ties))
        true, all_cells = run_by(plain_plan(network), network)
        found, cells = run_by(spatial_plan(network), network)
        torch.testing.assert_close(found, true, rtol=1e-12, atol=0)
        assert cells <= all_cells
        shorter += cells < all_cells
    assert shorter > 80


def assert_same_flow(graph, rule=None):
    """Whether the evaluation on short maps is the plain one, to 1e-12 of R."""
    rule = rule or tp.FlowRule()
    plain = plain_flow(graph, rule)
    fast = FlowEvaluator(graph, bias=rule.bias).scores("synflow")
    size = 2.0 ** (fast.exponent - plain.exponent)
    assert fast.total * size == pytest.approx(plain.total, rel=1e-12)
    for name, score in fast.values.items():
        torch.testing.assert_close(score * size, plain.scores[name], rtol=0, atol=1e-12 * plain.total)


def is_shorter(graph):
    network = flow_network(graph)
    return spatial_plan(network).start != graph.input_shape


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("weights", ["normal", "ties", "masked"])
def test_flow_and_scores_are_those_of_the_plain_evaluation(weights, dims):
    shorter = total = 0
    for seed in range(60):
        graph = map_graph(seed, blocks=2 + seed % 4, dims=dims, high=HIGH[dims], ties=weights == "ties")
        graph = with_mask(graph, 0.6, seed) if weights == "masked" else graph
        assert_same_flow(graph)
        shorter += is_shorter(graph)
        total += 1
    assert shorter > total / 2


@pytest.mark.parametrize("seed", range(20))
def test_offsets_per_channel_change_nothing_about_it(seed):
    assert_same_flow(map_graph(seed, blocks=3, biases=True), tp.FlowRule("unit"))


@pytest.mark.parametrize("kind", sorted(set(KINDS)))
def test_every_kind_of_block_by_itself(kind):
    shorter = 0
    for seed in range(12):
        graph = map_graph(seed, blocks=1, kinds=(kind,), low=20)
        assert_same_flow(graph)
        shorter += is_shorter(graph)
    assert shorter > 6


def taken_by(layer, plan):
    """Shape of the input at which the first record works."""
    x = torch.ones(1, *plan.start)
    for stretch in plan.stretches[layer.name][0]:
        x = stretch.push(x)
    return tuple(x.shape[1:])


def test_what_rounds_up_or_reads_places_is_evaluated_whole():
    found = 0
    for seed in range(40):
        graph = map_graph(seed, blocks=2, kinds=("max", "avg"), low=12, ceil=True)
        try:
            network = flow_network(graph)
        except tp.UnsupportedLayerError:  # rounded up, a window may hold padding only
            continue
        if getattr(network.layers[0], "ceil_mode", False):
            assert taken_by(network.layers[0], spatial_plan(network)) == graph.input_shape
            assert_same_flow(graph)
            found += 1
    assert found > 10
    sliced = map_graph(3, blocks=1, kinds=("slice",), low=20)
    assert taken_by(sliced.layers[0], spatial_plan(flow_network(sliced))) == sliced.input_shape
    assert_same_flow(sliced)


def test_slices_in_between():
    for seed in range(20):
        assert_same_flow(map_graph(seed, blocks=4, kinds=("plain", "slice", "conv"), low=20))


def test_an_input_that_is_the_output_is_whole():
    graph = map_graph(0)
    empty = replace(graph, layers=(), output=INPUT, order=())
    plan = spatial_plan(empty)
    assert run_by(plan, empty)[0].shape == (1, *graph.input_shape)


def test_a_stretch_and_its_transpose():
    stretch = Stretch(2, torch.tensor([0, 1, 1, 1, 2]), 3)
    x = torch.arange(6.0, dtype=torch.float64).view(1, 2, 3).requires_grad_()
    y = stretch.push(x)
    assert y[0, 0].tolist() == [0, 1, 1, 1, 2]
    g = torch.arange(10.0, dtype=torch.float64).view(1, 2, 5)
    assert torch.equal(stretch.pull(g), torch.autograd.grad(y, x, g)[0])
    cut = Stretch(3, torch.tensor([0, 2]), 3)
    assert cut.push(torch.ones(1, 1, 2, 3)).shape == (1, 1, 2, 2)
    assert cut.pull(torch.ones(1, 1, 2, 2)).tolist() == [[[[1, 0, 1]] * 2]]
