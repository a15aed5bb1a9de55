import numpy as np
import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import OPTIONS, model_graph, sequential_graph
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.coresets.matrices import outgoing_of, rows_of, with_outgoing


def test_rows_and_columns_are_the_layer():
    """A dense layer with batch norms on both sides of the activation, computed from its matrices."""
    graph = sequential_graph(
        nn.Linear(5, 7), nn.BatchNorm1d(7), nn.LeakyReLU(0.2), nn.BatchNorm1d(7), nn.Linear(7, 3), shape=(5,)
    )
    (hidden,) = hidden_groups(graph)
    rows, consumer = rows_of(graph, hidden, hidden.readings[0]), hidden.consumers[0]
    x = torch.randn(6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    before = x.numpy() @ rows.weights.T + rows.bias
    assert np.allclose(np.column_stack([x.numpy(), np.ones(6)]) @ rows.lifted().T, before)
    assert np.allclose(np.column_stack([x.numpy(), np.full(6, 4.0)]) @ rows.lifted(4.0).T, before)
    after = np.where(before > 0, before, 0.2 * before)
    out = after @ outgoing_of(graph, consumer).T + graph.by_name["4"].weight.numpy() @ consumer.units.offset
    assert np.allclose(out + graph.by_name["4"].bias.numpy(), tp.forward(graph, x).numpy(), atol=1e-12)


@pytest.mark.parametrize("model", list(OPTIONS))
def test_writing_back_what_was_read_changes_nothing(model):
    graph = model_graph(model)
    for hidden in hidden_groups(graph):
        for consumer in hidden.consumers:
            weights = outgoing_of(graph, consumer)
            new = with_outgoing(graph, consumer, np.arange(hidden.units), weights)
            assert torch.allclose(new, graph.by_name[consumer.layer].weight, rtol=1e-12)
            half = np.arange(0, hidden.units, 2)
            part = with_outgoing(graph, consumer, half, weights[:, half])
            gone = np.setdiff1d(consumer.columns[1::2], [-1])
            local = new.shape[1]
            if new.shape[1] * graph.by_name[consumer.layer].groups == local:
                assert not part[:, gone].any()


def test_filters_of_grouped_convolutions_see_their_own_inputs_only():
    graph = sequential_graph(nn.Conv2d(4, 6, 1, groups=2), nn.ReLU(), nn.Conv2d(6, 2, 1), shape=(4, 2, 2))
    (hidden,) = hidden_groups(graph)
    rows = rows_of(graph, hidden, hidden.readings[0]).weights
    assert rows.shape == (6, 4)
    assert not rows[:3, 2:].any()
    assert not rows[3:, :2].any()
    assert rows[:3, :2].all()
