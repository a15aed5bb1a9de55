import functools
from dataclasses import replace

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import OPTIONS, difference, inputs_of, model_graph, sequential_graph
from theoryprune.coresets import is_reduction, kernel_fit, merge, norm, reduce
from theoryprune.errors import BudgetError, LayerCollapseError


def test_layers_follow_each_other():
    """The second layer's coreset is that of its rows after the first one was folded."""
    graph = sequential_graph(nn.Linear(4, 10), nn.ReLU(), nn.Linear(10, 8), nn.ReLU(), nn.Linear(8, 2), shape=(4,))
    result = reduce(graph, 0.5, certify=False)
    first = reduce(graph, {"0": 5}, certify=False)
    both = reduce(first.graph, {"2": 4}, certify=False)
    assert all(torch.equal(both.graph.weights[name], weight) for name, weight in result.graph.weights.items())
    folded = first.graph.weights["2.weight"].numpy()
    rows = torch.cat([first.graph.weights["2.weight"], graph.by_name["2"].bias[:, None]], 1).numpy()
    assert result.coresets["2"].kept.tolist() == merge(rows, graph.weights["4.weight"].numpy(), 4).kept.tolist()
    assert folded.shape == (8, 10)


def test_methods_by_partial_and_their_names():
    graph = model_graph("digits_mlp")
    assert reduce(graph, 0.5, functools.partial(kernel_fit, blend=0.5), certify=False).method == "kernel_fit"
    assert reduce(graph, 0.5, certify=False).method == "merge"


def test_certificates_are_of_the_network_in_its_dtype():
    graph = model_graph("digits_mlp", torch.float32)
    result = reduce(graph, 0.75, effort="fast")
    assert all(0 < row.certificate.observed <= row.certificate.best for row in result.layers)
    assert result.graph.dtype == torch.float32


def test_depthwise_channels_are_selected_and_say_so():
    result = reduce(model_graph("mobile_tiny"), 0.5)
    rows = {row.group: row for row in result.layers}
    assert rows["block1.expand"].after == 8
    assert rows["block1.expand"].note.startswith("depthwise")
    assert rows["block1.expand"].certificate.best is None


def test_nothing_to_reduce():
    with pytest.raises(BudgetError, match="a residual stream"):
        reduce(sequential_graph_stream(), 0.5)


def sequential_graph_stream():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c = nn.Linear(3, 4), nn.Linear(4, 4), nn.Linear(4, 2)

        def forward(self, x):
            x = self.a(x)
            return self.c(x + self.b(x))

    torch.manual_seed(0)
    return tp.extract(Net().double(), (3,))


def test_a_stream_of_single_layers():
    """Its one layer reads and writes the stream."""
    graph = sequential_graph_stream()
    result = reduce(graph, 0.5, streams=True)
    small = tp.compact(result.graph)
    assert small.weights["b.weight"].shape == (2, 2)
    assert difference(tp.forward(result.graph, inputs_of(graph)), tp.forward(small, inputs_of(graph))) < 1e-12


def test_units_as_batch_norms_tell_them():
    """White inputs on which the batch norm was trained: knowing its law lowers the mean error."""
    graph = sequential_graph(nn.Linear(6, 24), nn.BatchNorm1d(24), nn.ReLU(), nn.Linear(24, 4), shape=(6,), seed=3)
    x = 0.3 + 0.2 * torch.randn(20_000, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    norm, z = graph.by_name["1"], graph.by_name["0"].forward(x)
    learned = norm.with_tensors({"running_mean": z.mean(0), "running_var": z.var(0)})
    graph = replace(graph, layers=tuple(learned if layer is norm else layer for layer in graph.layers))
    truth, errors = tp.forward(graph, x), {}
    for inputs in ("standard", "batchnorm", None):
        result = reduce(graph, 0.25, kernel_fit, inputs=inputs, certify=False)
        errors[inputs] = float((tp.forward(result.graph, x) - truth).square().mean())
    assert errors["batchnorm"] < 0.5 * errors["standard"]
    assert errors[None] == errors["batchnorm"]
    with pytest.raises(ValueError, match="inputs must be"):
        reduce(graph, 0.5, inputs="data")


def test_the_seed_is_checked_for_every_method():
    with pytest.raises(ValueError, match="seed must not be negative"):
        reduce(model_graph("digits_mlp"), 0.5, seed=-1)


def test_a_reduction_that_lets_nothing_through_is_refused():
    """The one unit kept is a constant: it has the largest norm, and a dead row."""
    graph = sequential_graph(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 2), shape=(2,))
    rows, biases = graph.weights["0.weight"].clone(), torch.tensor([1.0, 1.0, 1.0, 50.0], dtype=torch.float64)
    rows[3] = 0
    first = graph.by_name["0"].with_tensors({"weight": rows, "bias": biases})
    graph = replace(graph, layers=(first, *graph.layers[1:]))
    with pytest.raises(LayerCollapseError, match=r"reduce: no input reaches .* '0' .* Keep more channels: .* min_keep"):
        reduce(graph, 0.25, norm, certify=False)
    assert reduce(graph, 0.5, norm, certify=False).widths == {"0": 2}


def test_who_gets_the_mean_into_the_bias():
    graph = sequential_graph(nn.Linear(6, 24), nn.BatchNorm1d(24), nn.ReLU(), nn.Linear(24, 4), shape=(6,))
    said = {
        (method, given): reduce(graph, 0.5, method, bias_correction=given, certify=False).layers[0].mean
        for method in (merge, kernel_fit)
        for given in (None, True, False)
    }
    assert [case for case, mean in said.items() if mean == "mean in the bias"] == [
        (merge, True), (kernel_fit, None), (kernel_fit, True),
    ]  # fmt: skip
    assert set(said.values()) == {"", "mean in the bias"}
    assert reduce(graph, 0.5, inputs="batchnorm", certify=False).layers[0].mean == "mean in the bias"
    assert "mean in the bias" in reduce(graph, 0.5, kernel_fit).plan.explain()


def test_where_nothing_can_be_certified_the_mean_goes_into_the_bias_by_default():
    graph = model_graph("mobile_tiny")
    for given, said in ((None, {"depthwise"}), (False, set()), (True, {"depthwise", "convolution"})):
        rows = reduce(graph, 0.5, merge, bias_correction=given, certify=False).layers
        reduced = [row for row in rows if row.after < row.before]
        assert {row.kind for row in reduced} == {"depthwise", "convolution"}
        assert {row.kind for row in reduced if row.mean == "mean in the bias"} == said
        assert {row.mean for row in reduced if row.kind not in said} <= {""}


def test_where_nothing_is_told_the_plan_says_so():
    result = reduce(model_graph("digits_mlp"), 0.5, bias_correction=True, certify=False)
    assert "mean not told by batch norms" in result.plan.explain()
    plain = reduce(model_graph("digits_mlp"), 0.5, certify=False)
    assert all(torch.equal(plain.graph.weights[name], weight) for name, weight in result.graph.weights.items())
    with pytest.raises(ValueError, match="tell no mean of 'fc1'"):
        reduce(model_graph("digits_mlp"), 0.5, functools.partial(kernel_fit, intercept=True))


@pytest.mark.parametrize("method", [merge, kernel_fit, functools.partial(kernel_fit, intercept=True)])
@pytest.mark.parametrize("name", ["resnet20", "mobile_tiny", "grouped_tiny"])
def test_at_full_width_nothing_changes(name, method):
    graph = model_graph(name)
    assert reduce(graph, 1.0, method, streams=True, bias_correction=True).graph is graph


def test_depthwise_groups_keep_the_mean_of_what_reads_them():
    """The output of the layer that reads them, on average over inputs: nearer than without."""
    graph = model_graph("mobile_tiny")
    result = reduce(graph, {"block1.expand": 8}, kernel_fit)
    assert result.layers[[row.group for row in result.layers].index("block1.expand")].mean == "mean in the bias"
    assert is_reduction(result)
    assert result.coresets["block1.expand"].readings[0].shift is None


@pytest.mark.parametrize("method", [merge, kernel_fit])
@pytest.mark.parametrize("name", OPTIONS)
def test_means_in_the_biases_of_every_kind_of_network(name, method):
    """Streams, depthwise and grouped layers, concatenations: checked, and the small network computes the same."""
    graph = model_graph(name)
    result = reduce(graph, 0.5, method, streams=True, bias_correction=True, certify=False)
    found = is_reduction(result)
    assert found, found.reason
    assert difference(tp.forward(result.graph, inputs_of(graph)), tp.forward(result.small, inputs_of(graph))) < 1e-10
    told = [row.mean for row in result.layers if row.mean.startswith("mean in the bias")]
    assert bool(told) == any(layer.kind == "batch_norm" for layer in graph.layers)
