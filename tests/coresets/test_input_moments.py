import numpy as np
import pytest
import torch
from torch import nn

from tests.coresets.nets import model_graph, sequential_graph
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.coresets.input_moments import Moments, moments, row_moments, tensor_moments
from theoryprune.coresets.matrices import rows_of
from theoryprune.layers import GELU, Add, Concat, Flatten, LeakyReLU, MaxPool, ReLU, Slice, Take, ZeroPad


def drawn(mean, deviation, count=400_000):
    return mean + deviation * np.random.default_rng(0).standard_normal((count, len(mean)))


@pytest.mark.parametrize("slope", [0.0, 0.3])
def test_rectified_gaussians(slope):
    mean, deviation = np.array([0.0, 1.0, -1.0, 0.5, 3.0]), np.array([1.0, 0.5, 2.0, 0.0, 1.0])
    layer = LeakyReLU(name="a", inputs=("b",), slope=slope) if slope else ReLU(name="a", inputs=("b",))
    found = moments(layer, Moments(mean, deviation**2))
    values = drawn(mean, deviation)
    values = np.where(values > 0, values, slope * values)
    assert found.mean == pytest.approx(values.mean(axis=0), abs=1e-2)
    assert found.variance == pytest.approx(values.var(axis=0), abs=3e-2)


def test_channels_that_never_vary():
    found = moments(ReLU(name="a", inputs=("b",)), Moments(np.array([0.0, 2.0, -2.0]), np.zeros(3)))
    assert found.mean.tolist() == [0, 2, 0]
    assert found.variance == pytest.approx([0, 0, 0], abs=1e-12)


def test_structure():
    one, other = (
        Moments(np.array([1.0, 2.0]), np.array([3.0, 4.0])),
        Moments(np.array([5.0, 6.0]), np.array([7.0, 8.0])),
    )
    name = {"name": "a", "inputs": ("b",)}
    for layer, ins, mean, variance in (
        (Add(**name, alpha=-2), (one, other), [-9, -10], [31, 36]),
        (Concat(**name), (one, other), [1, 2, 5, 6], [3, 4, 7, 8]),
        (Flatten(**name, start=0, end=1, features=2), (one,), [1, 1, 2, 2], [3, 3, 4, 4]),
        (Slice(**name, axis=1, start=0, stop=2, step=2), (one,), [1, 2], [3, 4]),
        (Take(**name, index=(1,)), (one,), [2], [4]),
        (ZeroPad(**name, pads=((1, 0), (0, 0))), (one,), [0, 1, 2], [0, 3, 4]),
    ):
        found = moments(layer, *ins)
        assert (found.mean.tolist(), found.variance.tolist()) == (mean, variance)
    assert moments(ZeroPad(**name, pads=((0, 0), (1, 0))), one) is None
    assert moments(GELU(**name), one) is None
    assert moments(MaxPool(**name, kernel=(2,), stride=(2,), padding=(0,), dilation=(1,)), one) is None


def test_moments_of_a_network_whose_inputs_are_those_of_its_batch_norm():
    graph = sequential_graph(nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2), shape=(3,))
    known = tensor_moments(graph)
    assert len(known) == 2
    (hidden,) = hidden_groups(graph)
    rows = rows_of(graph, hidden, hidden.readings[0])
    found = row_moments(graph, hidden.readings[0], known, bias=True)
    assert found.mean.shape == (rows.lifted().shape[1],)
    assert (found.mean[-1], found.variance[-1]) == (1, 0)
    norm = graph.layers[0]
    assert known[norm.name].mean.tolist() == norm.bias.tolist()
    assert torch.equal(torch.tensor(known[norm.name].variance), norm.weight**2)


def test_what_is_not_known():
    graph = model_graph("resnet20")
    known = tensor_moments(graph)
    groups = {hidden.group.name: hidden for hidden in hidden_groups(graph)}
    assert row_moments(graph, groups["conv1"].readings[0], known, bias=True) is None
    inner = groups["layer1.1.conv1"]
    assert row_moments(graph, inner.readings[0], known, bias=True).mean.shape == (4 * 9 + 1,)
    assert row_moments(graph, inner.readings[0], {}, bias=True) is None
