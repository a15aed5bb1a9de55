import pytest
import torch
from torch import nn

from tests.coresets.nets import sequential_graph
from theoryprune import measures
from theoryprune.coresets import Budget, kernel_fit, merge, reduce
from theoryprune.coresets.added_biases import added_biases
from theoryprune.coresets.hidden_groups import hidden_groups


def shifted(norm=True):
    """A batch norm behind an activation, and consumers without bias."""
    return sequential_graph(
        nn.Conv2d(1, 6, 3, bias=False), nn.ReLU(), nn.BatchNorm2d(6) if norm else nn.Identity(),
        nn.Conv2d(6, 8, 3, bias=False), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3, bias=False), shape=(1, 6, 6),
    )  # fmt: skip


def test_a_consumer_gets_a_bias_once_its_group_loses_a_channel():
    graph = shifted()
    added = added_biases(graph, hidden_groups(graph))
    assert [added(widths) for widths in ({}, {"0": 6}, {"3": 4}, {"0": 5}, {"0": 1}, {"0": 5, "3": 4})] == [
        0, 0, 0, 8, 8, 4,
    ]  # fmt: skip
    plain = shifted(norm=False)
    assert added_biases(plain, hidden_groups(plain))({"0": 5}) == 0


def test_budgets_have_room_for_them():
    """All that can be asked for: what is spent is what the tensors hold, and never more than the budget."""
    graph = shifted()
    for percent in range(15, 101):
        result = reduce(graph, Budget(params=percent / 100), certify=False)
        assert result.spent == measures.size(result.small).total <= percent / 100 * result.total
    assert result.spent == result.total
    assert any(torch.is_tensor(layer.bias) for layer in reduce(graph, 0.5).small.weight_layers.values())


def told():
    """Batch norms before the activations, and consumers without bias."""
    return sequential_graph(
        nn.Conv2d(1, 6, 3, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2, 1),
        nn.Conv2d(6, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3, bias=False),
        shape=(1, 6, 6),
    )  # fmt: skip


def test_means_bring_biases_where_they_are_told():
    graph = told()
    groups = hidden_groups(graph)
    plain, corrected = (added_biases(graph, groups, corrected=given) for given in ((), ("0", "4")))
    widths = {"0": 5}, {"4": 7}, {"0": 5, "4": 7}, {"0": 6, "4": 8}
    assert [plain(each) for each in widths] == [0, 0, 0, 0]
    assert [corrected(each) for each in widths] == [0, 3, 3, 0]  # nothing is told behind the maximum


@pytest.mark.parametrize("method", [merge, kernel_fit])
def test_budgets_have_room_for_the_means(method):
    graph = told()
    for percent in range(15, 101, 3):
        result = reduce(graph, Budget(params=percent / 100), method, bias_correction=True, certify=False)
        assert result.spent == measures.size(result.small).total <= percent / 100 * result.total
        added = result.small.by_name["8"].bias is not None
        assert added == (result.widths["4"] < 8)
