from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import difference, inputs_of, model_graph, sequential_graph, with_twins
from theoryprune.coresets import apply_coreset, group_coreset, hidden_layer, kernel_fit, merge, norm, reduce
from theoryprune.coresets.constant_change import channel_shifts
from theoryprune.coresets.hidden_groups import hidden_groups


def net(*between, norm=nn.BatchNorm2d):
    return sequential_graph(nn.Conv2d(2, 8, 3), norm(8), *between, nn.Conv2d(8, 3, 2), shape=(2, 7, 7))


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize(
    "between",
    [
        (nn.ReLU(),),
        (nn.LeakyReLU(0.1), nn.MaxPool2d(2)),
        (),
        (nn.ReLU(), nn.BatchNorm2d(8)),
        (nn.AvgPool2d(2), nn.ReLU()),
    ],
    ids=str,
)
def test_silent_channels_go_and_nothing_else_changes(between, affine):
    graph = net(*between, norm=lambda n: nn.BatchNorm2d(n, affine=affine))
    layer = hidden_layer(graph, "0")
    sparse = apply_coreset(graph, {"0": norm(layer.incoming, layer.outgoing, 5)})
    assert {n: t.shape for n, t in sparse.state_dict().items() if n in graph.state_dict()} == {
        n: t.shape for n, t in graph.state_dict().items()
    }
    small = tp.compact(sparse)
    assert small.weights["0.weight"].shape[0] == 5
    assert difference(tp.forward(sparse, inputs_of(graph)), tp.forward(small, inputs_of(graph))) < 1e-12


@pytest.mark.parametrize("bias", [True, False])
def test_twins_behind_a_shifted_activation(bias):
    graph = with_twins(
        sequential_graph(nn.Linear(3, 8), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, 2, bias=bias), shape=(3,))
    )
    layer = hidden_layer(graph, "0")
    sparse = apply_coreset(graph, {"0": merge(layer.incoming, layer.outgoing, 4)})
    x = inputs_of(graph)
    assert difference(tp.forward(graph, x), tp.forward(sparse, x)) < 1e-12
    assert difference(tp.forward(graph, x), tp.forward(tp.compact(sparse), x)) < 1e-12


def test_multiples_merge_without_a_trace():
    graph = with_twins(sequential_graph(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2), shape=(3,)), factor=3.0)
    layer = hidden_layer(graph, "0")
    sparse = apply_coreset(graph, {"0": merge(layer.incoming, layer.outgoing, 4)})
    assert difference(tp.forward(graph, inputs_of(graph)), tp.forward(sparse, inputs_of(graph))) < 1e-12


def test_a_whole_coreset_changes_nothing():
    graph = net(nn.ReLU())
    layer = hidden_layer(graph, "0")
    assert apply_coreset(graph, {"0": merge(layer.incoming, layer.outgoing, 8)}) is graph


def test_what_does_not_fit_is_refused():
    graph = net(nn.ReLU())
    layer = hidden_layer(graph, "0")
    found = merge(layer.incoming, layer.outgoing, 5)
    with pytest.raises(ValueError, match="no removable channel group"):
        apply_coreset(graph, {"nothing": found})
    with pytest.raises(ValueError, match="another graph"):
        apply_coreset(graph, {"0": merge(layer.incoming, layer.outgoing[:3], 5)})
    grouped = model_graph("grouped_tiny")
    layer = hidden_layer(grouped, "block1.conv1")
    with pytest.raises(ValueError, match="each block"):
        apply_coreset(grouped, {layer.name: merge(layer.incoming, layer.outgoing, 5)})
    assert apply_coreset(grouped, {layer.name: group_coreset(layer, merge, 8)}) is not grouped
    with pytest.raises(TypeError, match="WeightGraph"):
        apply_coreset(nn.Linear(1, 1), {})


MEANT = {
    "dense": [(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3)), (5,)],
    "no bias": [(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU6(), nn.Linear(8, 3, bias=False)), (5,)],
    "scaled": [(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, 3)), (5,)],
    "point": [(nn.Conv2d(2, 8, 3), nn.BatchNorm2d(8), nn.GELU(), nn.Conv2d(8, 3, 1)), (2, 5, 5)],
    "taps": [(nn.Conv2d(2, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 3, 3)), (2, 5, 5)],
    "groups": [(nn.Conv2d(2, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 4, 3, groups=2)), (2, 5, 5)],
    "flat": [(nn.Conv2d(2, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(72, 3)), (2, 5, 5)],
    "mean": [
        (nn.Conv2d(2, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AvgPool2d(3), nn.Flatten(), nn.Linear(8, 3)),
        (2, 5, 5),
    ],
}


@pytest.mark.parametrize("method", [merge, kernel_fit, norm])
@pytest.mark.parametrize("case", MEANT)
def test_the_mean_of_the_output_stays(case, method):
    """What consumers read is replaced by its means: before and after they make the same of it."""
    modules, shape = MEANT[case]
    graph = sequential_graph(*modules, shape=shape)
    result = reduce(graph, {"0": 4}, method, bias_correction=True, certify=False)
    hidden = hidden_groups(graph)[0]
    (consumer,) = hidden.consumers
    old, new = (one.by_name[consumer.layer] for one in (graph, result.graph))
    means = channel_shifts(old, consumer, consumer.units.told.mean)
    x = means.reshape(1, -1, *[1] * (old.weight.ndim - 2)).expand(1, -1, *[3] * (old.weight.ndim - 2)).contiguous()
    assert new.bias is not None
    assert (old.weight != new.weight).any()
    assert torch.allclose(old.forward(x), new.forward(x), rtol=1e-12, atol=1e-12)


def test_the_law_is_met_by_samples():
    """White inputs, and batch norms with their statistics: the mean of the output is that of the full network."""
    graph = sequential_graph(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU6(), nn.Linear(16, 3), shape=(6,), seed=2)
    first, norm_layer = graph.by_name["0"], graph.by_name["1"]
    variance = first.weight.square().sum(1)
    learned = norm_layer.with_tensors({"running_mean": first.bias, "running_var": variance - norm_layer.eps})
    graph = replace(graph, layers=tuple(learned if one is norm_layer else one for one in graph.layers))
    x = torch.randn(200_000, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    off = {}
    for given in (False, True):
        result = reduce(graph, {"0": 8}, norm, bias_correction=given, certify=False)
        off[given] = float((tp.forward(graph, x) - tp.forward(result.graph, x)).mean(0).norm())
    assert off[True] < 0.02 * off[False]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", ["resnet20", "grouped_tiny", "dense_tiny"])
def test_merged_copies_leave_no_constant(name, dtype):
    """Twins folded into one another: biases are as they were, new ones are zero."""
    graph = with_twins(model_graph(name, dtype))
    widths = {h.group.name: h.units // 2 for h in hidden_groups(graph) if not h.refusal and h.units % 2 == 0}
    result = reduce(graph, widths, merge, streams=True, bias_correction=True, certify=False)
    told = 0
    for hidden in hidden_groups(graph):
        for consumer in hidden.consumers if hidden.group.name in result.coresets else ():
            old, new = (one.by_name[consumer.layer].bias for one in (graph, result.graph))
            told += consumer.units.told is not None
            own = [h for h in hidden_groups(graph) if consumer.layer in h.producers and h.group.name in result.coresets]
            if own:  # its pruned rows are silent
                alive = torch.from_numpy(np.isin(np.arange(own[0].units), result.coresets[own[0].group.name].kept))
                old, new = (None if bias is None else bias[alive] for bias in (old, new))
            if consumer.units.told is not None:
                assert torch.equal(new, torch.zeros_like(new) if old is None else old), consumer.layer
    assert told


def test_a_layer_coreset_brings_its_constant():
    graph = sequential_graph(nn.Conv2d(2, 8, 3), nn.ReLU(), nn.Conv2d(8, 3, 2, bias=False), shape=(2, 6, 6))
    layer = hidden_layer(graph, "0")
    found = kernel_fit(layer.incoming, layer.outgoing, 4, intercept=True)
    plain, after = (apply_coreset(graph, {"0": one}) for one in (replace(found, shift=None), found))
    assert plain.by_name["2"].bias is None
    assert after.by_name["2"].bias.numpy() == pytest.approx(found.shift.reshape(3, 4).sum(axis=1))
    grouped = sequential_graph(nn.Conv2d(2, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 2, groups=2), shape=(2, 6, 6))
    part = reduce(grouped, {"0": 4}, kernel_fit, certify=False).coresets["0"].readings[0]
    with pytest.raises(ValueError, match="has no meaning for '2', which has groups"):
        apply_coreset(grouped, {"0": replace(part, shift=np.zeros(len(part.outgoing)))})


def test_means_must_be_of_every_reader():
    graph = model_graph("digits_mlp")
    coreset = reduce(graph, 0.5, certify=False).coresets["fc1"]
    with pytest.raises(ValueError, match="'fc1' has 1 readers, the coreset 2"):
        apply_coreset(graph, {"fc1": replace(coreset, means=(None, None))})
