"""The state of one layer, dense and as a list of indices."""

import torch

from theoryprune.masks.survivors import Survivors


def test_from_dense_to_indices():
    layer = Survivors(torch.zeros(4, 5))
    assert (layer.index, layer.alive, layer.count) == (None, None, 20)
    assert layer.remove(torch.tensor([0, 7]), 1).tolist() == [0, 7]
    assert layer.index is None
    assert layer.alive.tolist() == [i not in (0, 7) for i in range(20)]
    assert layer.remove(torch.arange(8, 20), 2).tolist() == list(range(8, 20))
    assert layer.remove(torch.tensor([2, 3, 4]), 3).tolist() == [2, 3, 4]
    assert layer.alive is None
    assert layer.index.tolist() == [1, 5, 6]
    assert layer.remove(torch.tensor([0, 2]), 4).tolist() == [1, 6]
    assert layer.index.tolist() == [5]
    assert layer.count == 1
    expected = [1, 4, 3, 3, 3, 0, 4, 1] + [2] * 12
    assert layer.removed_at.flatten().tolist() == expected


def test_nothing_removed_changes_nothing():
    layer = Survivors(torch.zeros(3))
    layer.remove(torch.tensor([], dtype=torch.int64), 1)
    assert (layer.alive, layer.count) == (None, 3)
