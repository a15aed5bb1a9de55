import theoryprune as tp
from tests.coresets.nets import model_graph
from theoryprune.coresets import reduce


def test_a_row_for_every_group():
    graph = model_graph("resnet20")
    result = reduce(graph, 0.5, certify=False)
    assert [row.group for row in result.layers] == [g.name for g in tp.channel_groups(graph) if g.removable]
    assert set(result.coresets) == {row.group for row in result.layers if row.after < row.before}
    assert {row.kind for row in result.layers} == {"stream", "convolution"}
    assert all(row.note.startswith("a residual stream") for row in result.layers if row.kind == "stream")
    assert result.before is graph
