"""The checker of reductions accepts what reduce makes, and nothing that was changed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import model_graph, sequential_graph
from tests.coresets.reductions import convolutions, with_coreset, with_first
from tests.coresets.residual_nets import residual_net
from theoryprune.coresets import CONSTRUCTIONS, Budget, GroupCertificate, is_reduction, kernel_fit, reduce


@pytest.fixture(scope="module")
def dense():
    return reduce(model_graph("digits_mlp"), 0.5, effort="fast")


@pytest.fixture(scope="module")
def mixed():
    return reduce(convolutions(), Budget(params=0.5), effort="fast")


@pytest.mark.parametrize("method", CONSTRUCTIONS)
def test_every_construction(method):
    found = is_reduction(reduce(model_graph("digits_mlp"), 0.5, CONSTRUCTIONS[method], effort="fast"))
    assert found, found.reason
    assert found.value == 2


@pytest.mark.parametrize("budget", [Budget(params=0.5), Budget(macs=0.6), Budget(channels=0.5), Budget(error=0.4), 0.5])
@pytest.mark.parametrize("groups", [1, 2])
def test_convolutions(budget, groups):
    result = reduce(
        convolutions(groups),
        budget,
        kernel_fit,
        effort="fast",
        **({"weights": "relative"} if isinstance(budget, Budget) else {}),
    )
    found = is_reduction(result)
    assert found, found.reason
    assert found.value == sum(len(row.certificate.parts) for row in result.layers) > 0


@pytest.mark.parametrize("name", ["resnet20", "mobile_tiny"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_networks_with_streams_and_depthwise_layers(name, dtype):
    result = reduce(model_graph(name, dtype), Budget(channels=0.7), streams=True, certify=False)
    found = is_reduction(result)
    assert found, found.reason
    assert found.value == 0


def test_networks_with_dead_channels():
    graph = model_graph("digits_mlp")
    weights = {name: weight.clone() for name, weight in graph.weights.items()}
    weights["fc1.weight"][:4] = 0
    found = is_reduction(reduce(graph.with_weights(weights), Budget(params=0.9), certify=False))
    assert found, found.reason


def test_nothing_was_reduced(dense):
    assert is_reduction(reduce(dense.before, 1.0))


@pytest.mark.parametrize("kind", ["dense", "mixed"])
@pytest.mark.parametrize("effort", ["fast", "default", "high"])
def test_the_bound_of_the_output(request, kind, effort):
    result = request.getfixturevalue(kind)
    if effort != "fast":
        result = reduce(result.before, result.widths, effort=effort, radius=3.0)
    end = result.end_to_end
    assert is_reduction(result)
    assert is_reduction(replace(result, end_to_end=None))
    assert "below the sum" in is_reduction(replace(result, end_to_end=replace(end, error=end.error * 0.9))).reason
    assert not is_reduction(replace(result, end_to_end=replace(end, observed=end.error)))
    assert "names no ball" in is_reduction(replace(result, end_to_end=replace(end, radius=None))).reason
    fewer = replace(end, terms=end.terms[1:], error=end.error)
    assert "are not the certificates of the groups" in is_reduction(replace(result, end_to_end=fewer)).reason


@pytest.mark.parametrize("effort", ["fast", "high"])
def test_the_bound_of_the_output_over_streams(effort):
    result = reduce(residual_net(0), 0.5, kernel_fit, streams=True, end_to_end=True, effort=effort)
    assert is_reduction(result)
    end = result.end_to_end
    for place, term in enumerate(end.terms):
        terms = list(end.terms)
        terms[place] = replace(term, share=term.share * (1 - 1e-6))
        assert (
            "below error times gain"
            in is_reduction(replace(result, end_to_end=replace(end, terms=tuple(terms)))).reason
        )
    swapped = replace(end, terms=end.terms[::-1])
    assert "are not the certificates of the groups" in is_reduction(replace(result, end_to_end=swapped)).reason


def test_a_stream_alone_is_checked_at_the_effort_it_was_made_with():
    graph = residual_net(0)
    result = reduce(graph, {"stem.0": 3}, streams=True, end_to_end=True, effort="high")
    assert all(row.kind == "stream" for row in result.layers if row.after < row.before)
    assert is_reduction(result)


def test_the_order_of_the_coresets_counts():
    result = reduce(residual_net(0), 0.5, streams=True, end_to_end=True, effort="fast")
    turned = dict(reversed(list(result.coresets.items())))
    assert not is_reduction(replace(result, coresets=turned))
    inner = dict.fromkeys(name for name, coreset in result.coresets.items() if name != "stem.0")
    by_hand = tp.apply_coreset(result.before, {name: result.coresets[name] for name in [*inner, "stem.0"]})
    assert not is_reduction(replace(result, graph=by_hand))


def test_a_bound_without_all_certificates(dense):
    rows = [replace(row, certificate=GroupCertificate((), None, None, None, "none")) for row in dense.layers]
    bare = replace(dense, plan=replace(dense.plan, layers=tuple(rows)))
    assert "a group that lost channels has no certificate" in is_reduction(bare).reason


def test_whole_groups_state_no_error(dense):
    result = reduce(dense.before, {"fc2": 4}, effort="fast")
    assert is_reduction(result)
    assert "a whole group has no error" in is_reduction(with_first(result, best=1.0)).reason


def test_units_weights_and_graphs(dense):
    part = dense.coresets["fc1"].readings[0]
    heavier = with_coreset(dense, "fc1", readings=(replace(part, outgoing=part.outgoing * 1.01),))
    assert not is_reduction(heavier)
    assert "is not what the coresets make" in is_reduction(replace(dense, graph=dense.before)).reason
    weight = dense.graph.weights["linear.weight"].clone()
    weight[0, 0] += 1e-9
    assert not is_reduction(replace(dense, graph=dense.graph.with_weights({"linear.weight": weight})))
    assert not is_reduction(replace(dense, before=model_graph("digits_mlp", seed=1)))
    assert not is_reduction(replace(dense, coresets={"fc1": dense.coresets["fc1"]}))
    assert not is_reduction(replace(dense, coresets={**dense.coresets, "other": dense.coresets["fc1"]}))


def test_outgoing_weights_of_another_layer(dense):
    part = dense.coresets["fc1"].readings[0]
    found = is_reduction(with_coreset(dense, "fc1", readings=(replace(part, outgoing=part.outgoing[:-1]),)))
    assert "the coreset does not fit the group" in found.reason


def test_a_network_that_lets_nothing_through_gets_a_verdict():
    """One that a reduction by hand may make: nothing is pruned, and the last layer reads zeros only."""
    result = reduce(model_graph("digits_mlp"), 1.0, effort="fast")
    last = result.before.layers[-1]
    silent = last.with_tensors({"weight": torch.zeros_like(last.weight), "bias": last.bias})
    graph = replace(result.before, layers=(*result.before.layers[:-1], silent))
    found = is_reduction(replace(result, graph=graph, before=graph, end_to_end=None))
    assert not found
    assert "reduction: no input reaches the output" in found.reason


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_means_that_went_into_biases(dtype):
    graph = sequential_graph(
        nn.Conv2d(2, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8),
        nn.ReLU6(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 3), shape=(2, 6, 6), dtype=dtype,
    )  # fmt: skip
    result = reduce(graph, 0.5, kernel_fit, effort="fast")
    found = is_reduction(result)
    assert found, found.reason
    name, coreset = next(iter(result.coresets.items()))
    (mean, *others) = coreset.means
    moved = with_coreset(result, name, means=(mean + 1e-3 * np.arange(1, len(mean) + 1), *others))
    assert not is_reduction(moved)
    assert not is_reduction(with_coreset(result, name, means=()))
    (row, *rest) = result.layers
    said = replace(result, plan=replace(result.plan, layers=(replace(row, mean=""), *rest)))
    assert "says otherwise of the mean" in is_reduction(said).reason
