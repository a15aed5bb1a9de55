import torch
from torch import nn

import theoryprune as tp
from theoryprune.reports.rows import layer_row, live_channels


def ones(*shape):
    return torch.ones(shape, dtype=torch.bool)


def test_live_channels_of_a_linear_map():
    effective = torch.tensor([[True, False, True], [False, False, False]])
    assert live_channels(effective, 1) == (2, 1)


def test_live_channels_of_groups_are_counted_group_by_group():
    effective = torch.zeros(4, 2, 3, 3, dtype=torch.bool)
    effective[0, 1, 2, 2] = effective[3, 1, 0, 0] = effective[2, 1, 1, 1] = True
    assert live_channels(effective, 2) == (2, 3)


def test_a_row_names_what_a_reader_needs():
    graph = tp.extract(nn.Conv2d(4, 6, (3, 1), stride=2, padding=(1, 0), dilation=(2, 1), groups=2), (4, 9, 9))
    (layer,) = graph.weight_layers.values()
    keep = ones(6, 2, 3, 1)
    keep[0] = False
    row = layer_row(layer, layer, keep, keep, (100, 50, 50), "")
    assert (row.name, row.op, row.shape, row.groups) == ("weight", "3x1", (6, 2, 3, 1), 2)
    assert (row.stride, row.padding, row.dilation) == ((2, 2), (1, 0), (2, 1))
    assert (row.weights, row.prunable, row.kept, row.effective) == (36, 36, 30, 30)
    assert (row.channels_in, row.channels_out) == ((4, 4), (6, 5))
    assert row.density == 30 / 36


def test_a_protected_layer_counts_no_prunable_weight():
    (layer,) = tp.extract(nn.Linear(3, 2), (3,)).weight_layers.values()
    row = layer_row(layer, layer, ones(2, 3), ones(2, 3), (6, 6, 6), "protected")
    assert (row.weights, row.prunable, row.kept, row.reason) == (6, 0, 6, "protected")
    assert (row.op, row.stride, row.padding) == ("linear", (), ())


def test_a_layer_that_compaction_removed():
    (layer,) = tp.extract(nn.Linear(3, 2), (3,)).weight_layers.values()
    row = layer_row(layer, None, ones(0), ones(0), (6, 0, 0), "")
    assert (row.kept, row.effective, row.channels_in, row.channels_out) == (0, 0, (3, 0), (2, 0))
