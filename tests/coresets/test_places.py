import numpy as np
from torch import nn

import theoryprune as tp
from theoryprune.coresets.places import even_blocks, first_channels, unit_numbers, unit_places
from theoryprune.graph.channels import channel_map


def test_places_of_units():
    numbers = np.array([1, -1, 0, 1, 0])
    assert unit_places(numbers, 2).tolist() == [[2, 4], [0, 3]]
    assert unit_places(numbers, 3).tolist() == [[2, 4], [0, 3], [-1, -1]]
    assert unit_places(np.array([0, 0, 1]), 2).shape == (2, 0)
    assert first_channels(numbers, 3).tolist() == [2, 0, -1]


def test_numbers_of_atoms():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))
    graph = tp.extract(net, (2,))
    group, chart = tp.channel_groups(graph)[1], channel_map(graph)
    assert unit_numbers(graph, group, chart)[chart.atoms["0"]].tolist() == [0, 1, 2]


def test_blocks_of_grouped_convolutions():
    net = nn.Sequential(nn.Conv2d(2, 8, 1), nn.ReLU(), nn.Conv2d(8, 4, 1, groups=2))
    graph = tp.extract(net, (2, 3, 3))
    channels = np.arange(8)[:, None]
    assert even_blocks(graph, [("0", channels)], [("2", channels)], 8)[0].tolist() == [0] * 4 + [1] * 4
    blocks, reason = even_blocks(graph, [], [("2", channels[:6])], 6)
    assert "unevenly" in reason
    assert not blocks.any()
    assert "cut through" in even_blocks(graph, [], [("2", np.array([[0, 7], [1, 6]]))], 2)[1]
