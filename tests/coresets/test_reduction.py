import theoryprune as tp
from tests.coresets.nets import model_graph
from theoryprune.coresets import Budget, reduce


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
