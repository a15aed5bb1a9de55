import numpy as np
import pytest
import torch
from torch import nn

import benchmarks.models as models
import theoryprune as tp
from tests.graph.test_compact import EVERY, assert_equal
from tests.networks import random_graph
from tests.small import normal


def removable(graph):
    return [group for group in tp.channel_groups(graph) if group.removable]


def silenced(graph, kept):
    """The graph in which nothing writes or reads the channels that go."""
    keep = {name: torch.ones(weight.shape, dtype=torch.bool) for name, weight in graph.weights.items()}
    for group in removable(graph):
        for axis in group.axes:
            layer = graph.by_name[axis.layer]
            if group.name not in kept or layer.kind == "batch_norm":
                continue
            gone = torch.from_numpy((axis.channels >= 0) & ~np.isin(axis.channels, kept[group.name]))
            blocks = keep[layer.weight_name]
            if axis.side == "out":
                blocks[gone] = False
            else:
                for block, inputs in zip(blocks.chunk(layer.groups), gone.chunk(layer.groups), strict=True):
                    block[:, inputs] = False
    return tp.apply_mask(graph, tp.Mask(keep))


@pytest.mark.parametrize("name", EVERY.values())
def test_removal_equals_compaction_of_the_silenced_network_on_every_benchmark_model(name):
    torch.manual_seed(0)
    model = models.MODELS[name]()
    graph = tp.extract(model, model.example_shape)
    kept = {group.name: range(0, group.size, 2) for group in removable(graph)}
    small, expected = tp.remove_channels(graph, kept), tp.compact(silenced(graph, kept))
    assert_equal(small, expected)
    assert small.origin == expected.origin
    assert small.num_weights < graph.num_weights


@pytest.mark.parametrize("seed", range(20))
def test_removal_is_that_of_the_silenced_network_on_random_networks(seed):
    graph = random_graph(seed)
    draw = np.random.default_rng(seed)
    kept = {g.name: draw.permutation(g.size)[: max(1, g.size // 2)] for g in removable(graph) if draw.random() < 0.7}
    try:
        small = tp.remove_channels(graph, kept)
    except ValueError as error:
        assert "nothing to read" in str(error) or "every group of the convolution" in str(error)  # noqa: PT017
        return
    whole = graph.state_dict()
    for name, tensor in small.state_dict().items():
        assert torch.equal(small.origin[name].take(whole[name]), tensor)
    assert_equal(tp.remove_channels(silenced(graph, kept), kept), small)
    again = tp.remove_channels(small, {group.name: range(group.size) for group in removable(small)})
    assert_equal(again, small)
    assert again.origin == small.origin


def test_by_hand_in_any_order_and_the_graph_stays():
    graph = tp.extract(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), (3,))
    before = {name: tensor.clone() for name, tensor in graph.state_dict().items()}
    small = tp.remove_channels(graph, {"0": np.array([3, 1])})
    assert small.state_dict()["0.bias"].equal(before["0.bias"][[1, 3]])
    assert small.weights["2.weight"].equal(before["2.weight"][:, [1, 3]])
    assert all(tensor.equal(before[name]) for name, tensor in graph.state_dict().items())
    assert_equal(tp.remove_channels(graph, {}), graph)


def test_a_graph_without_values_will_do():
    graph = tp.extract(nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(36, 2)).to("meta"), (1, 5, 5))
    small = tp.remove_channels(graph, {"0": [1, 2]})
    assert tuple(small.weights["2.weight"].shape) == (2, 18)
    assert small.device.type == "meta"


def test_momentum_goes_along():
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    net(normal(5, 3).float()).sum().backward()
    optimizer.step()
    small = tp.to_module(tp.remove_channels(tp.extract(net, (3,)), {"0": [0, 3]}))
    remapped = tp.remap_optimizer(optimizer, net, small)
    expected = optimizer.state[net[2].weight]["momentum_buffer"][:, [0, 3]]
    assert remapped.state[dict(small.named_parameters())["2.weight"]]["momentum_buffer"].equal(expected)


def grouped():
    net = nn.Sequential(nn.Conv2d(2, 8, 1), nn.Conv2d(8, 4, 1, groups=2), nn.Conv2d(4, 3, 1))
    return tp.extract(net, (2, 4, 4))


def test_trap_060_groups_stay_equal_or_are_refused():
    small = tp.remove_channels(grouped(), {"0": [0, 3, 4, 5], "1": [0, 3]})
    assert tuple(small.weights["1.weight"].shape) == (2, 2, 1, 1)
    assert small.by_name["1"].groups == 2
    assert tp.remove_channels(grouped(), {"0": range(4), "1": [0, 1]}).by_name["1"].groups == 1
    with pytest.raises(ValueError, match=r"convolution '1' equally many.*'inputs': \[3, 1\]"):
        tp.remove_channels(grouped(), {"0": [0, 1, 2, 4]})
    with pytest.raises(ValueError, match=r"convolution '1' equally many.*'outputs': \[2, 0\]"):
        tp.remove_channels(grouped(), {"1": [0, 1]})


class Padded(nn.Module):
    """A wide stream of which a narrow one is a part."""

    def __init__(self):
        super().__init__()
        self.first, self.narrow = nn.Conv2d(1, 2, 1), nn.Conv2d(2, 2, 1)
        self.wide, self.head = nn.Conv2d(2, 4, 1), nn.Conv2d(4, 3, 1)

    def forward(self, x):
        x = self.first(x)
        x = x + self.narrow(x)
        return self.head(nn.functional.pad(x, (0, 0, 0, 0, 1, 1)) + self.wide(x))


def test_a_layer_left_with_nothing_to_read_is_refused():
    graph = tp.extract(Padded(), (1, 3, 3))
    (group,) = removable(graph)
    assert group.size == 4
    narrow = next(axis.channels for axis in group.axes if axis.layer == "first" and axis.side == "out")
    outside = [number for number in range(4) if number not in narrow]
    with pytest.raises(ValueError, match=r"nothing to read: all channels of '.*' would go; keep one"):
        tp.remove_channels(graph, {group.name: outside})
    kept = {group.name: [*outside, narrow[1]]}
    assert_equal(tp.remove_channels(graph, kept), tp.compact(silenced(graph, kept)))


@pytest.mark.parametrize(
    ("kept", "error", "message"),
    [
        ([0], TypeError, "kept must be a mapping of group names to channel numbers, got list"),
        ({"9": [0]}, ValueError, r"kept: '9' is no channel group; the removable ones are \['0'\]"),
        ({"2": [0]}, ValueError, "'2' holds channels of the network's input or output"),
        ({"<input>": [0]}, ValueError, "'<input>' holds channels of the network's input or output"),
        ({"0": []}, ValueError, r"kept\['0'\] must hold at least one channel"),
        ({"0": [4]}, ValueError, "numbers from 0 to 3, got 4 to 4"),
        ({"0": [0, -1]}, ValueError, "numbers from 0 to 3, got -1 to 0"),
        ({"0": [1, 2, 1]}, ValueError, "each number once, got 1 more than once"),
        ({"0": [0.0, 1.0]}, TypeError, "integers, got float64"),
        ({"0": np.array([True, False, True, True])}, TypeError, "integers, got bool"),
        ({"0": [[0], [1]]}, ValueError, "must be a sequence of channel numbers"),
        ({"0": 2}, ValueError, "must be a sequence of channel numbers, got 2"),
    ],
)
def test_bad_selections_are_refused(kept, error, message):
    graph = tp.extract(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), (3,))
    with pytest.raises(error, match=message):
        tp.remove_channels(graph, kept)


def test_what_is_no_graph_is_refused():
    with pytest.raises(TypeError, match="graph must be a WeightGraph"):
        tp.remove_channels(nn.Linear(2, 2), {})
