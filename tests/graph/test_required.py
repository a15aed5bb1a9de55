import numpy as np
import torch
from torch import nn

import theoryprune as tp
from theoryprune.graph.channels import channel_map
from theoryprune.graph.required import required, with_required


def test_one_channel_to_read():
    graph = tp.extract(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2)), (2,))
    chart = channel_map(graph)
    keep = np.ones(chart.count, dtype=bool)
    keep[chart.atoms["0"]] = False
    head = graph.by_name["2"]
    assert required(head, chart, keep) == [chart.atoms["0"][0]]
    filled = with_required(graph, chart, keep)
    assert filled[chart.atoms["0"]].tolist() == [True, False, False]
    assert not keep[chart.atoms["0"]].any()  # its argument stays
    assert required(head, chart, filled) == []
    keep[chart.atoms["2"]] = False  # nothing of the reader is left either
    assert required(head, chart, keep) == []


def test_equal_groups():
    net = nn.Sequential(nn.Conv2d(2, 8, 1), nn.Conv2d(8, 8, 1, groups=4), nn.Conv2d(8, 3, 1))
    with torch.device("meta"):
        graph = tp.extract(net.to("meta"), (2, 4, 4))
    chart = channel_map(graph)
    keep = np.ones(chart.count, dtype=bool)
    keep[chart.atoms["0"][[0, 1, 2]]] = False
    keep[chart.atoms["1"][[0, 1]]] = False  # group 0 goes, group 1 loses an input
    filled = with_required(graph, chart, keep)
    assert filled[chart.atoms["0"]].tolist() == [False, False, True, True, True, True, True, True]
    assert filled[chart.atoms["1"]].tolist() == [False, False, True, True, True, True, True, True]
