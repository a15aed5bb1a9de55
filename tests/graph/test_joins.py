import pytest
import torch

from tests.networks import random_graph, random_mask
from tests.small import normal
from theoryprune.graph.joins import Joins, find_joins
from theoryprune.graph.transform import apply_mask
from theoryprune.layers import Conv, Linear


def dense_pairs(layer):
    """Which output reads which input of its group, entry by entry."""
    inputs = layer.weight.shape[1]
    pairs = torch.zeros(layer.groups, layer.weight.shape[0] // layer.groups, inputs, dtype=torch.bool)
    for out, row in enumerate(layer.weight):
        for column, taps in enumerate(row):
            pairs[out // pairs.shape[1], out % pairs.shape[1], column] = any(
                tap != 0 for tap in taps.reshape(-1).tolist()
            )
    return pairs


def check(layer, seed):
    joins, pairs, draw = Joins.of(layer), dense_pairs(layer), torch.Generator().manual_seed(seed)
    for _ in range(3):
        live = torch.rand(pairs.shape[0], pairs.shape[2], generator=draw) < 0.4
        wanted = torch.rand(pairs.shape[:2], generator=draw) < 0.4
        assert joins.forward(live.reshape(-1)).equal((pairs & live[:, None]).any(2).reshape(-1))
        assert joins.back(wanted.reshape(-1)).equal((pairs & wanted[:, :, None]).any(1).reshape(-1))
    return joins


@pytest.mark.parametrize("seed", range(4))
def test_forward_and_back_on_random_networks(seed):
    graph = random_graph(seed)
    sparse = apply_mask(graph, random_mask(graph, 0.2, seed))
    for layer in sparse.weight_layers.values():
        check(layer, seed)
    assert list(find_joins(sparse)) == [layer.name for layer in sparse.weight_layers.values()]


def grouped(seed=0, groups=3):
    weight = normal(4 * groups, 5, 2, 2, seed=seed)
    return Conv(
        name="c", inputs=("x",), weight=weight, stride=(1, 1), padding=(0, 0), dilation=(1, 1), group_count=groups
    )


def test_whole_channels_leave_no_pairs_to_look_at():
    layer = grouped()
    layer.weight[[0, 1, 2, 3, 6]] = 0  # group 0 and one output
    layer.weight[8:, 2] = 0
    joins = check(layer, 0)
    assert joins.pairs is None
    assert joins.writes.tolist() == [[False] * 4, [True, True, False, True], [True] * 4]
    layer.weight[5, 1] = 0  # a single pair
    assert check(layer, 0).pairs is not None


@pytest.mark.parametrize("single", [False, True])
def test_selection_is_what_the_selected_layer_joins(single):
    layer = grouped()
    layer.weight[[0, 6]], layer.weight[8:, 2] = 0, 0
    layer.weight[11, [0, 1, 3, 4]] = 0  # output 3 of group 2 reads nothing at all
    if single:
        layer.weight[5, 1] = 0
    out, inputs = torch.tensor([4, 6, 8, 11]), torch.tensor([5, 7, 10, 12])  # groups 1 and 2
    for taken in ((out, inputs), (torch.arange(12), torch.arange(15)), (out[2:], inputs[3:])):
        small, expected = Joins.of(layer).select(*taken), Joins.of(layer.select(*taken))
        assert small.writes.equal(expected.writes)
        assert small.reads.equal(expected.reads)
        ones = torch.ones(expected.reads.numel(), dtype=torch.bool)
        assert small.forward(ones).equal(expected.forward(ones))


def test_negative_zeros_join_nothing_and_what_is_no_number_does():
    weight = torch.tensor([[0.0, -0.0, 1e-45], [float("nan"), 0.0, 0.0]])
    joins = Joins.of(Linear(name="l", inputs=("x",), weight=weight))
    assert dense_pairs(Linear(name="l", inputs=("x",), weight=weight)).tolist() == [[[0, 0, 1], [1, 0, 0]]]
    assert joins.pairs.tolist() == [[[False, False, True], [True, False, False]]]
