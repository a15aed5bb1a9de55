from dataclasses import replace

from torch import nn

import theoryprune as tp
from tests.coresets.nets import difference, inputs_of, model_graph, sequential_graph
from theoryprune import measures
from theoryprune.coresets import Budget, is_reduction, random, reduce


def test_a_row_for_every_group():
    graph = model_graph("resnet20")
    result = reduce(graph, 0.5, certify=False)
    assert [row.group for row in result.layers] == [g.name for g in tp.channel_groups(graph) if g.removable]
    assert set(result.coresets) == {row.group for row in result.layers if row.after < row.before}
    assert {row.kind for row in result.layers} == {"stream", "convolution"}
    assert all(row.note.startswith("a residual stream") for row in result.layers if row.kind == "stream")
    assert result.before is graph
    assert result.curve is None
    assert repr(result) == f"Reduction(merge, 9 of 12 groups, {result.spent:,} of {result.total:,} params)"


def test_what_it_reports():
    graph = model_graph("digits_mlp")
    result = reduce(graph, Budget(macs=0.5), certify=False)
    assert (result.method, result.plan.quantity) == ("merge", "macs")
    assert result.spent <= result.total / 2
    assert result.curve[0].widths == {"fc1": 16, "fc2": 12}
    assert result.widths in [row.widths for row in result.curve]


def grouped(dead=1):
    """Grouped convolutions in a row, of which the last has a row without weights."""
    graph = sequential_graph(
        nn.Conv2d(2, 6, 1), nn.ReLU(), nn.Conv2d(6, 8, 3, groups=2), nn.ReLU(),
        nn.Conv2d(8, 4, 3, groups=4, bias=False), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3), shape=(2, 6, 6),
    )  # fmt: skip
    last = graph.by_name["4"]
    weight = last.weight.clone()
    weight[dead] = 0
    return replace(graph, layers=tuple(last.with_tensors({"weight": weight}) if x is last else x for x in graph.layers))


def test_the_small_network_has_the_channels_kept_and_no_others():
    """Compaction must complete the groups of convolutions by itself, and may put other channels back."""
    for dead in range(4):
        graph = grouped(dead)
        for seed in range(4):
            result = reduce(graph, 0.5, random, seed=seed, certify=False)
            x = inputs_of(graph)
            assert difference(tp.forward(result.graph, x), tp.forward(result.small, x)) < 1e-12
            assert result.small.weights["2.weight"].shape[0] == result.widths["2"] == 4
            assert result.spent == measures.size(result.small).total >= measures.size(tp.compact(result.small)).total
            assert is_reduction(result)
