import torch
from torch import nn

from benchmarks.models.vgg_heads import three_layers
from tests.benchmarks.models.counting import layers_of


def test_three_layers():
    head = three_layers(6, 5, 4, 0.3)
    assert {name: tuple(m.weight.shape) for name, m in layers_of(head).items()} == {
        "0": (5, 6),
        "3": (5, 5),
        "6": (4, 5),
    }
    assert [m.p for m in head if isinstance(m, nn.Dropout)] == [0.3, 0.3]
    x = torch.randn(2, 6)
    hidden = torch.relu(head[3](torch.relu(head[0](x))))
    assert torch.equal(head.eval()(x), head[6](hidden))
