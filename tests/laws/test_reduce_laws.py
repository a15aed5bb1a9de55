"""What holds of every reduction, whatever the network, the construction and the budget."""

import numpy as np
import pytest
import torch

import theoryprune as tp
from tests.coresets.nets import OPTIONS, difference, inputs_of, model_graph, with_twins
from theoryprune import measures
from theoryprune.coresets import CONSTRUCTIONS, Budget, fold, group_coreset, hidden_layer, reduce
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.graph.fold_norms import fold_batch_norms

MODELS = list(OPTIONS)
METHODS = ["merge", "kernel_fit", "norm", "norm_v_merge", "random", "uniform", "mussay"]


def same_tensors(first, second):
    one, other = first.state_dict(), second.state_dict()
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("model", MODELS)
def test_the_smaller_network_computes_what_the_reduced_one_does(model, method):
    graph = model_graph(model)
    result = reduce(graph, 0.5, CONSTRUCTIONS[method], streams=True, certify=False)
    small, x = tp.compact(result.graph), inputs_of(graph)
    assert difference(tp.forward(result.graph, x), tp.forward(small, x)) < 1e-12
    found = {hidden.group.name: hidden.units for hidden in hidden_groups(small)}
    # An unlucky draw may keep a channel of no effect, which compaction removes as well.
    assert all(found.get(name, 0) <= width for name, width in result.widths.items())
    if method != "mussay":
        assert found == dict(result.widths)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("model", MODELS)
def test_a_full_budget_changes_nothing(model, method):
    graph = model_graph(model, torch.float32)
    result = reduce(graph, 1.0, CONSTRUCTIONS[method], streams=True)
    assert same_tensors(result.graph, graph)
    assert not result.coresets
    assert all(row.certificate.best == 0 for row in result.layers)


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("model", [name for name in MODELS if name != "mobile_tiny"])
def test_twins_merge_without_a_trace(model, streams):
    """Every group has each unit twice; in streams of option A early channels have no twin."""
    streams = streams and model != "resnet20_a"
    graph = with_twins(model_graph(model), streams=streams)
    result = reduce(graph, 0.5, streams=streams, certify=False)
    x = inputs_of(graph)
    assert difference(tp.forward(graph, x), tp.forward(result.graph, x)) < 1e-10
    assert tp.compact(result.graph).num_weights < 0.6 * graph.num_weights


def test_twins_behind_a_clipped_activation_merge_too():
    graph = with_twins(model_graph("mobile_tiny"))
    names = [hidden.group.name for hidden in hidden_groups(graph) if not hidden.reason.startswith("depthwise")]
    widths = {hidden.group.name: hidden.units // 2 for hidden in hidden_groups(graph) if hidden.group.name in names}
    result = reduce(graph, widths, streams=True, certify=False)
    assert difference(tp.forward(graph, inputs_of(graph)), tp.forward(result.graph, inputs_of(graph))) < 1e-10


@pytest.mark.parametrize("multiple_of", [1, 2, 4])
@pytest.mark.parametrize("model", MODELS)
def test_widths_are_multiples(model, multiple_of):
    result = reduce(model_graph(model), 0.6, multiple_of=multiple_of, streams=True, certify=False)
    groups = {row.group: row for row in result.layers}
    assert all(row.after % multiple_of == 0 or row.after == row.before for row in groups.values())
    assert {name: row.after for name, row in groups.items()} == dict(result.widths)


@pytest.mark.parametrize("model", MODELS)
def test_two_runs_are_equal(model):
    graph = model_graph(model)
    runs = [reduce(graph, 0.5, CONSTRUCTIONS["random"], streams=True, certify=False, seed=3) for _ in range(2)]
    assert same_tensors(runs[0].graph, runs[1].graph)
    assert not same_tensors(
        runs[0].graph, reduce(graph, 0.5, CONSTRUCTIONS["random"], streams=True, certify=False, seed=4).graph
    )


@pytest.mark.parametrize("model", MODELS)
def test_the_graph_given_is_not_written(model):
    graph = model_graph(model)
    before = {name: tensor.clone() for name, tensor in graph.state_dict().items()}
    reduce(graph, 0.4, streams=True, certify=False)
    assert all(torch.equal(tensor, before[name]) for name, tensor in graph.state_dict().items())


def test_protected_layers_are_kept_whole():
    graph = model_graph("resnet20")
    result = reduce(graph, 0.5, protect=["layer2"], certify=False)
    after = tp.compact(result.graph)
    for name, weight in graph.weights.items():
        if name.startswith("layer2"):
            assert torch.equal(after.weights[name], weight)
    assert np.prod(after.weights["layer1.0.conv1.weight"].shape) < graph.weights["layer1.0.conv1.weight"].numel()


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("quantity", ["params", "macs", "channels"])
@pytest.mark.parametrize("model", MODELS)
def test_budgets_are_met_and_reported_exactly(model, quantity, streams):
    graph = model_graph(model)
    result = reduce(graph, Budget(**{quantity: 0.8}), streams=streams, certify=False)
    small = tp.compact(result.graph)
    counts = {
        "params": lambda g: measures.size(g).total,
        "macs": lambda g: measures.macs(g),
        "channels": lambda g: sum(group.size for group in tp.channel_groups(g) if group.removable),
    }
    assert result.total == counts[quantity](graph)
    assert result.spent == counts[quantity](small)
    if model != "resnet20_a":  # where channels of a group are not alike, those that stay after folding may cost more
        assert result.spent <= 0.8 * result.total


def test_an_error_budget_from_the_same_solver():
    graph = model_graph("grouped_tiny")
    size = reduce(graph, Budget(params=0.8), weights="telescoped", certify=False)
    error = reduce(graph, Budget(error=size.plan.allocation.error), certify=False)
    assert error.widths == size.widths
    assert reduce(graph, Budget(error=0.0), certify=False).spent == size.total
    cost = measures.width_cost(graph, "params")
    assert cost.of(size.widths) == size.spent


def tensors_of(graph, x):
    values = {"<input>": x}
    for layer in graph.layers:
        values[layer.name] = layer.forward(*(values[name] for name in layer.inputs))
    return values


def norms_of(values, names):
    return torch.stack([values[name].flatten(1).norm(dim=1) for name in names]).norm(dim=0)


@pytest.mark.parametrize(
    ("model", "method"),
    [
        *(("digits_mlp", method) for method in METHODS),
        ("mobile_tiny", "merge"),
        *(
            pytest.param(model, method, marks=pytest.mark.slow)
            for model in ("dense_tiny", "grouped_tiny", "resnet20", "resnet20_a")
            for method in ("merge", "kernel_fit", "norm")
        ),
    ],
)
def test_no_certificate_is_violated_inside_the_network(model, method):
    """Group by group, between the network just before it was reduced and just after."""
    graph = model_graph(model)
    result = reduce(graph, 0.6, CONSTRUCTIONS[method], effort="fast")
    rows = {row.group: row.certificate for row in result.layers}
    groups = {hidden.group.name: hidden for hidden in hidden_groups(graph)}
    seen = 0
    for name, coreset in result.coresets.items():
        after = tp.apply_coreset(graph, {name: coreset})
        hidden, proof = groups[name], rows[name]
        starts = dict.fromkeys(graph.by_name[producer].inputs[0] for producer in hidden.producers)
        ends = [consumer.layer for consumer in hidden.consumers]
        for size in (0.3, 1.0, 30.0) if proof.best is not None else ():
            before, other = (tensors_of(g, size * inputs_of(graph, 16)) for g in (graph, after))
            change = {end: before[end] - other[end] for end in ends}
            z = norms_of(before, starts)
            dense = proof.constant == 0 and any(getattr(part, "tau", None) for part in proof.parts)
            allowed = proof.best * (z.square() + 1).sqrt() if dense else proof.best * z + proof.constant
            seen += 1
            assert (norms_of(change, ends) <= allowed * (1 + 1e-12)).all()
            assert proof.observed is None or 0 < proof.observed <= proof.best
        graph = after
    assert seen
    assert same_tensors(graph, result.graph)


@pytest.mark.parametrize("corrected", [None, True])
@pytest.mark.parametrize("model", [name for name in MODELS if name != "grouped_tiny"])
def test_batch_norms_kept_or_folded_give_one_function(model, corrected):
    """The same channels and means, folded with the batch norms beside the weights and inside them."""
    graph = model_graph(model)
    result = reduce(graph, 0.5, streams=True, certify=False, bias_correction=corrected)
    folded = fold_batch_norms(graph)
    for name, coreset in result.coresets.items():

        def same_units(incoming, outgoing, budget, *, slope, kept=coreset.kept):
            return fold(incoming, outgoing, kept)

        layer = hidden_layer(folded, name)
        folded = tp.apply_coreset(folded, {name: group_coreset(layer, same_units, coreset.width, means=coreset.means)})
    x = inputs_of(graph)
    assert difference(tp.forward(result.graph, x), tp.forward(folded, x)) < 1e-12


@pytest.mark.parametrize("model", ["resnet20", "grouped_tiny"])
def test_what_is_reduced_may_be_the_folded_network(model):
    graph = model_graph(model)
    result = reduce(graph, 0.5, fold_bn=True, certify=False)
    assert not any(layer.kind == "batch_norm" for layer in result.graph.layers)
    assert difference(tp.forward(graph, inputs_of(graph)), tp.forward(result.before, inputs_of(graph))) < 1e-12
