import math

import pytest
import torch
from torch import nn

import theoryprune as tp
from benchmarks.models import MODELS
from theoryprune import measures


def on_meta(factory):
    with torch.device("meta"):
        model = factory().eval()
    return model, tp.extract(model, model.example_shape)


def mask_of(graph, density=0.5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return tp.Mask({n: torch.rand(w.shape, generator=generator) < density for n, w in graph.weights.items()})


def test_trap_016_negative_weights_are_not_zero():
    graph = tp.extract(nn.Linear(3, 1), (3,)).with_weights({"weight": torch.tensor([[-1.0, 0.0, 2.0]])})
    assert measures.nonzero_mask(graph).keep["weight"].tolist() == [[True, False, True]]


def test_trap_019_counts_beyond_float32_are_exact():
    _, graph = on_meta(MODELS["vgg16_224"])
    assert measures.size(graph) == measures.Size(138_357_544, 138_344_128, 138_344_128)
    assert measures.macs(graph) == 15_470_264_320
    _, wide = on_meta(lambda: _with_shape(nn.Linear(2**13 + 1, 2**13, bias=True), (2**13 + 1,)))
    assert measures.size(wide).total == 2**26 + 2**14


def _with_shape(model, shape):
    model.example_shape = shape
    return model


def test_size_of_a_mask():
    graph = tp.extract(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), (4,))
    mask = tp.Mask({"0.weight": torch.arange(12).reshape(3, 4) < 3})
    size = measures.size(graph, mask)
    assert size == measures.Size(total=23, prunable=12, kept=3)
    assert size.density == 0.25
    assert size.compression_prunable == 4
    assert size.compression_total == 23 / 14
    empty = measures.size(graph, tp.Mask({"0.weight": torch.zeros(3, 4, dtype=torch.bool)}))
    assert (empty.density, empty.compression_prunable) == (0, math.inf)
    assert measures.Size(4, 4, 0).compression_total == math.inf


def test_buffers_are_no_parameters():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.bn = nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3)
            self.scale = nn.Parameter(torch.ones(3, 1, 1))
            self.register_buffer("shift", torch.ones(3, 1, 1))

        def forward(self, x):
            return self.bn(self.conv(x)) * self.scale + self.shift

    model = Net()
    graph = tp.extract(model.requires_grad_(False), (2, 4, 4))
    assert measures.size(graph).total == sum(p.numel() for p in model.parameters()) == 9 + 6 + 3
    assert measures.stored_bytes(graph) == 4 * (9 + 6 + 6 + 3 + 3)


def test_bytes_are_those_of_the_file(tmp_path):
    model = MODELS["resnet20"]()
    graph = tp.extract(model, model.example_shape)
    tp.save_graph(graph, tmp_path / "graph")
    header = (tmp_path / "graph").stat().st_size - measures.stored_bytes(graph)
    assert 0 < header < 65536
    tp.save_mask(mask_of(graph), tmp_path / "mask")
    assert 0 < (tmp_path / "mask").stat().st_size - measures.mask_bytes(mask_of(graph)) < 8192
    assert measures.mask_bytes(tp.Mask({"a": torch.ones(9, dtype=torch.bool), "b": torch.ones(1) > 0})) == 3


@pytest.mark.parametrize(("name", "density"), [("digits_convnet", 0.02), ("mobile_tiny", 0.15), ("dense_tiny", 0.08)])
def test_the_count_is_that_of_the_module_also_after_compaction(name, density):
    torch.manual_seed(0)
    model = MODELS[name]()
    graph = tp.extract(model, model.example_shape)
    small = tp.compact(tp.apply_mask(graph, mask_of(graph, density)))
    for one in (graph, small):
        assert measures.size(one).total == sum(p.numel() for p in tp.to_module(one).parameters())


def test_a_meta_network_has_no_zeros_to_find():
    _, graph = on_meta(MODELS["digits_mlp"])
    with pytest.raises(ValueError, match="nonzero_mask: the graph lies on the meta device"):
        measures.nonzero_mask(graph)
