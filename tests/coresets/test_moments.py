"""What batch norms tell of each unit, followed to its consumers."""

import numpy as np
import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import model_graph, sequential_graph
from theoryprune.coresets.activation_moments import activation_moments
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.coresets.moments import varies
from theoryprune.layers import AvgPool, Hardtanh, ReLU


def consumer(graph, place=0, which=0):
    return hidden_groups(graph)[place].consumers[which]


def told(*between, shape=(2, 8, 8), last=None):
    """Of a convolution's units behind its batch norm and other layers, with the norm."""
    torch.manual_seed(3)
    norm = nn.BatchNorm2d(5)
    nn.init.normal_(norm.weight), nn.init.normal_(norm.bias)
    graph = sequential_graph(nn.Conv2d(2, 5, 3), norm, *between, last or nn.Conv2d(5, 3, 2), shape=shape)
    found = graph.by_name["1"]
    return consumer(graph).units.told, found.bias.numpy(), found.weight.abs().numpy()


def expected(kind, mean, deviation, **options):
    return activation_moments(kind(name="act", inputs=("x",), **options), mean, deviation)


def test_what_the_batch_norm_says():
    found, mean, deviation = told()
    assert (found.mean.tolist(), found.deviation.tolist()) == (mean.tolist(), deviation.tolist())


def test_behind_activations_and_averages():
    found, *law = told(nn.ReLU6())
    middle, spread = expected(Hardtanh, *law, low=0.0, high=6.0)
    assert (found.mean.tolist(), found.deviation.tolist()) == (middle.tolist(), spread.tolist())
    for pool in (nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(2), nn.AvgPool2d(3, padding=1, count_include_pad=False)):
        found, *law = told(nn.ReLU(), pool)
        assert found.mean.tolist() == expected(ReLU, *law)[0].tolist()
        assert found.deviation is None
    found, *law = told(nn.ReLU(), nn.Flatten(), last=nn.Linear(180, 3))
    assert found.mean.tolist() == expected(ReLU, *law)[0].tolist()
    assert told(nn.AvgPool2d(2), nn.ReLU())[0] is None


@pytest.mark.parametrize(
    "layer",
    [nn.MaxPool2d(2), nn.ZeroPad2d(1), nn.AvgPool2d(3, padding=1), nn.AvgPool2d(3, ceil_mode=True)],
    ids=str,
)
def test_nothing_is_told_behind_maxima_and_borders(layer):
    assert told(nn.ReLU(), layer)[0] is None


def test_nothing_is_told_without_batch_norms():
    assert consumer(model_graph("digits_mlp")).units.told is None
    graph = sequential_graph(nn.Linear(3, 4), nn.ReLU(), nn.BatchNorm1d(4), nn.Linear(4, 2), shape=(3,))
    assert consumer(graph).units.told.mean.tolist() == graph.by_name["2"].bias.tolist()


class Net(nn.Module):
    """A depthwise block as in EfficientNet, and a stream of batch norms around it."""

    def __init__(self):
        super().__init__()
        self.stem, self.first = nn.Conv2d(2, 4, 3, bias=False), nn.BatchNorm2d(4)
        self.expand, self.second = nn.Conv2d(4, 12, 1, bias=False), nn.BatchNorm2d(12)
        self.depthwise, self.third = nn.Conv2d(12, 12, 3, padding=1, groups=12, bias=False), nn.BatchNorm2d(12)
        self.project, self.fourth = nn.Conv2d(12, 4, 1, bias=False), nn.BatchNorm2d(4)
        self.head = nn.Conv2d(4, 3, 1)

    def forward(self, x):
        x = self.first(self.stem(x))
        y = nn.functional.relu6(self.second(self.expand(x)))
        y = nn.functional.relu6(self.third(self.depthwise(y)))
        return self.head(x - 2 * self.fourth(self.project(y)) * 0.5 + 1.0)


def inverted():
    torch.manual_seed(0)
    net = Net().double().eval()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight), nn.init.normal_(module.bias)
    return tp.extract(net, (2, 6, 6)), net


def test_a_depthwise_layer_is_told_by_the_batch_norm_behind_it():
    graph, net = inverted()
    (found,) = [c for hidden in hidden_groups(graph) for c in hidden.consumers if c.layer == "project"]
    law = net.third.bias.detach().numpy(), net.third.weight.abs().detach().numpy()
    assert found.units.told.mean.tolist() == expected(Hardtanh, *law, low=0.0, high=6.0)[0].tolist()


def test_streams_of_batch_norms_add_up():
    graph, net = inverted()
    readers = {c.layer: c.units.told for hidden in hidden_groups(graph) for c in hidden.consumers}
    first, fourth = net.first, net.fourth
    assert readers["expand"].mean.tolist() == first.bias.tolist()
    assert readers["head"].mean == pytest.approx((first.bias - fourth.bias + 1).detach().numpy(), abs=1e-12)
    spread = torch.hypot(first.weight, fourth.weight).detach().numpy()
    assert readers["head"].deviation == pytest.approx(spread, rel=1e-12)


def test_streams_of_activations_are_followed_too():
    graph = model_graph("resnet20")
    readers = [c.units.told for hidden in hidden_groups(graph) if hidden.stream for c in hidden.consumers]
    assert readers
    assert all(told is not None and (told.mean >= 0).all() for told in readers)


def test_what_borders_do_to_a_constant():
    pool = AvgPool(name="p", inputs=("x",), kernel=(3, 3), stride=(1, 1), padding=(1, 1))
    assert varies(pool, np.ones(2))
    assert not varies(pool, np.zeros(2))
