import numpy as np
import torch
from torch import nn

import theoryprune as tp
from tests.small import Written
from theoryprune.graph.channels import channel_map
from theoryprune.graph.origins import with_origin
from theoryprune.graph.selection import Selection
from theoryprune.types import Origin


def two_parts():
    net = Written(
        lambda m, x: m.head(torch.cat((m.a(x), m.b(m.before(x))), 1)),
        a=nn.Linear(2, 3), before=nn.Linear(2, 2), b=nn.Linear(2, 4), head=nn.Linear(7, 2),
    )  # fmt: skip
    return tp.extract(net, (2,))


def selected(graph, **gone):
    chart = channel_map(graph)
    keep = np.ones(chart.count, dtype=bool)
    for name, channels in gone.items():
        keep[chart.atoms[name][channels]] = False
    return Selection(chart, keep), Selection(chart, keep).of(graph)


def test_a_part_of_a_concatenation_vanishes_with_all_that_only_it_reads():
    graph = two_parts()
    selection, small = selected(graph, b=[0, 1, 2, 3], a=[1])
    assert [layer.name for layer in small.layers if layer.kind == "linear"] == ["a", "head"]
    assert small.order == ("a.weight", "head.weight")
    assert small.weights["head.weight"].equal(graph.weights["head.weight"][:, [0, 2]])
    assert not selection.stays("b")
    assert selection.kept("a").tolist() == [True, False, True]
    out, (ins,) = selection.places(graph.by_name["head"])
    assert (out.tolist(), ins.tolist()) == ([0, 1], [0, 2])


def test_what_stays_whole_is_shared_and_what_does_not_is_copied():
    graph = two_parts()
    small = selected(graph, b=[1])[1]
    assert small.by_name["a"] is graph.by_name["a"]
    pointers = {tensor.data_ptr() for tensor in graph.state_dict().values()}
    assert small.weights["b.weight"].data_ptr() not in pointers
    assert small.weights["head.weight"].data_ptr() not in pointers


def test_origins_are_kept_only_where_there_are_any():
    graph = two_parts()
    assert selected(graph, b=[1])[1].origin is None
    origin = selected(with_origin(graph), b=[1])[1].origin
    assert origin["b.weight"] == Origin((4, 2), (0, 2, 3), ((0, 1),))
    assert origin["head.weight"] == Origin((2, 7), (0, 1), ((0, 1, 2, 3, 5, 6),))
