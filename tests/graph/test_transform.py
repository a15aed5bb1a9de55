import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.networks import random_graph, random_mask


def test_mask_zeroes_what_it_removes_and_nothing_else():
    graph = random_graph(0)
    mask = random_mask(graph, 0.4, 0)
    sparse = tp.apply_mask(graph, mask)
    for name, weight in graph.weights.items():
        assert torch.equal(sparse.weights[name], weight * mask.keep[name])


def test_the_graph_is_not_changed():
    graph = random_graph(1)
    before = {name: tensor.clone() for name, tensor in graph.state_dict().items()}
    tp.apply_mask(graph, random_mask(graph, 0.1, 0))
    assert all(torch.equal(tensor, before[name]) for name, tensor in graph.state_dict().items())


def test_weights_the_mask_does_not_name_stay_whole():
    graph = tp.extract(nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)), (2,))
    sparse = tp.apply_mask(graph, tp.Mask({"0.weight": torch.zeros(3, 2, dtype=torch.bool)}))
    assert not sparse.weights["0.weight"].any()
    assert torch.equal(sparse.weights["1.weight"], graph.weights["1.weight"])


def test_removed_weights_become_zero_whatever_they_were():
    graph = tp.extract(nn.Linear(2, 1, bias=False), (2,))
    graph = graph.with_weights({"weight": torch.tensor([[float("nan"), 2.0]])})
    sparse = tp.apply_mask(graph, tp.Mask({"weight": torch.tensor([[False, True]])}))
    assert sparse.weights["weight"].tolist() == [[0.0, 2.0]]


def test_a_mask_of_another_network_is_refused():
    graph = tp.extract(nn.Linear(2, 1), (2,))
    with pytest.raises(ValueError, match=r"mask names \['fc.weight'\].*another network"):
        tp.apply_mask(graph, tp.Mask({"fc.weight": torch.ones(1, 2, dtype=torch.bool)}))
    with pytest.raises(ValueError, match=r"'weight' has shape \(2, 1\), the graph's weight \(1, 2\)"):
        tp.apply_mask(graph, tp.Mask({"weight": torch.ones(2, 1, dtype=torch.bool)}))
    with pytest.raises(TypeError, match="mask must be a Mask, got dict"):
        tp.apply_mask(graph, {"weight": torch.ones(1, 2, dtype=torch.bool)})
