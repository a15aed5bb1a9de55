import pytest
from torch import nn

from tests.coresets.nets import sequential_graph
from theoryprune.coresets.spent import spent


@pytest.mark.parametrize(("quantity", "count"), [("params", 4 * 8 + 8 + 8 * 2 + 2), ("macs", 48), ("channels", 8)])
def test_what_a_network_costs(quantity, count):
    graph = sequential_graph(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2), shape=(4,))
    assert spent(graph, quantity, [8]) == count
