"""Channel groups as nouns."""

from torch import nn

import theoryprune as tp

MODEL = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2, bias=False))
GRAPH = tp.extract(MODEL, (4,))


def test_a_channel_group_lists_its_layers_once():
    group = tp.channel_groups(GRAPH)[1]
    assert group.layers == ("0", "2")
