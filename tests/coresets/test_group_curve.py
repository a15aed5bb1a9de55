import numpy as np
import pytest

from tests.coresets.nets import OPTIONS, model_graph
from theoryprune.coresets import facility_location, hidden_layer
from theoryprune.coresets.group_curve import group_curve
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.coresets.hidden_layer import matrices_of


@pytest.mark.parametrize("model", list(OPTIONS))
def test_curves_fall_to_nothing(model):
    graph = model_graph(model)
    for hidden in hidden_groups(graph):
        found = group_curve(matrices_of(graph, hidden))
        assert sorted(found.order) == list(range(hidden.units))
        assert len(found.curve) == hidden.units + 1
        assert (np.diff(found.curve) <= 1e-12 * found.curve[0]).all()
        assert found.curve[-1] == 0


def test_without_blocks_it_is_facility_location():
    layer = hidden_layer(model_graph("digits_mlp"), "fc1")
    found, expected = group_curve(layer), facility_location(layer.incoming, layer.outgoing)
    assert np.array_equal(found.order, expected.order)
    assert np.array_equal(found.curve, expected.curve)


def test_blocks_lose_units_in_turn():
    layer = hidden_layer(model_graph("grouped_tiny"), "block1.conv1")
    order = group_curve(layer).order
    assert all(sorted(layer.blocks[order[i : i + 4]]) == [0, 1, 2, 3] for i in range(0, 16, 4))


def test_where_nothing_merges_the_error_is_what_is_dropped():
    layer = hidden_layer(model_graph("mobile_tiny"), "block1.expand")
    found = group_curve(layer)
    mass = np.linalg.norm(layer.incoming, axis=1) * np.linalg.norm(layer.outgoing, axis=0)
    assert np.allclose(found.curve[3], np.sort(mass)[:-3].sum())
    assert np.array_equal(found.order, np.argsort(-mass))
