"""Every kind of layer is emitted, those too that only graphs have."""

import torch
from torch import nn

import theoryprune as tp
from theoryprune.graph.emit import emit
from theoryprune.layers import LAYERS, Layer


def test_every_kind_of_layer_has_a_rule():
    def ruled(kind: type[Layer]) -> bool:
        return emit.dispatch(kind) is not emit.dispatch(Layer)

    assert [kind for kind, layer in LAYERS.items() if not ruled(layer)] == []


def test_layers_that_only_graphs_have_are_emitted():
    class Difference(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(2, 3, 1), nn.Conv2d(2, 3, 1)

        def forward(self, x):
            return self.a(x) - self.b(x)

    graph = tp.extract(Difference().double(), (2, 4, 4)).with_weights({"a.weight": torch.zeros(3, 2, 1, 1).double()})
    small = tp.compact(graph)
    assert [layer.kind for layer in small.layers] == ["conv", "scale", "shift"]
    x = torch.randn(2, 2, 4, 4, dtype=torch.float64)
    assert torch.equal(tp.to_module(small).eval()(x), tp.forward(small, x))
