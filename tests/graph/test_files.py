import math
import pickle
from dataclasses import fields, replace

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given
from safetensors.torch import load_file
from torch import Tensor, nn

import theoryprune as tp
from benchmarks.models import MODELS
from theoryprune.errors import FileFormatError
from theoryprune.graph import container, files
from theoryprune.layers import LAYERS, Hardtanh, Shift

SMALL = ["resnet20", "resnet20_a", "lenet5_caffe", "digits_convnet", "mobile_tiny", "dense_tiny", "grouped_tiny"]


def graph_of(name, dtype=torch.float32):
    torch.manual_seed(0)
    model = MODELS[name]().to(dtype)
    return tp.extract(model, model.example_shape)


def half_of(graph, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return tp.Mask({name: torch.rand(w.shape, generator=generator) < 0.5 for name, w in graph.weights.items()})


def round_trip(graph, tmp_path):
    tp.save_graph(graph, tmp_path / "graph")
    return tp.load_graph(tmp_path / "graph")


def same(a, b):
    """Equal in type and value, tensors bit for bit and in their memory layout."""
    if isinstance(a, Tensor):
        return a.dtype == b.dtype and a.stride() == b.stride() and torch.equal(bits(a), bits(b))
    return type(a) is type(b) and a == b


def bits(tensor):
    return tensor.contiguous().reshape(-1).view(torch.uint8)


def assert_equal_graphs(a, b):
    for spec in fields(a):
        if spec.name != "layers":
            assert getattr(a, spec.name) == getattr(b, spec.name)
    assert [type(layer) for layer in a.layers] == [type(layer) for layer in b.layers]
    for one, other in zip(a.layers, b.layers, strict=True):
        for spec in fields(one):
            assert same(getattr(one, spec.name), getattr(other, spec.name)), (one.name, spec.name)


@pytest.mark.parametrize("name", SMALL)
def test_a_graph_comes_back_the_same(name, tmp_path):
    graph = graph_of(name)
    back = round_trip(graph, tmp_path)
    assert_equal_graphs(graph, back)
    x = torch.randn(3, *graph.input_shape)
    assert torch.equal(tp.forward(graph, x), tp.forward(back, x))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_dtypes_are_kept(dtype, tmp_path):
    graph = graph_of("digits_convnet", dtype)
    assert_equal_graphs(graph, round_trip(graph, tmp_path))


def test_the_memory_layout_is_kept(tmp_path):
    model = MODELS["resnet20"]().to(memory_format=torch.channels_last)
    graph = tp.extract(model, model.example_shape)
    assert not graph.weights["conv1.weight" if "conv1.weight" in graph.weights else graph.order[0]].is_contiguous()
    back = round_trip(graph, tmp_path)
    assert_equal_graphs(graph, back)
    x = torch.randn(2, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    assert torch.equal(tp.forward(graph, x), tp.forward(back, x))
    linear = tp.extract(nn.Linear(3, 2), (3,)).with_weights({"weight": torch.randn(3, 2).t()})
    assert_equal_graphs(linear, round_trip(linear, tmp_path))
    wide = linear.with_weights({"weight": torch.randn(1).expand(2, 3)})  # not dense: comes back as a copy would
    assert torch.equal(round_trip(wide, tmp_path).weights["weight"], wide.weights["weight"])


def test_every_kind_of_record_comes_back(tmp_path, every_layer):
    for layer in every_layer:
        graph = tp.WeightGraph((layer,), (4, 6, 6), layer.name, ())
        tensors = {}
        assert files._decode_layer(files._encode_layer(layer, tensors), tensors).__class__ is type(layer)
        assert_equal_graphs(graph, replace(graph, layers=(_through_json(layer),)))


@pytest.fixture
def every_layer():
    """One record of each registered kind without weights, with the fields that are hardest to keep."""
    common = {"name": "a", "inputs": ("<input>",)}
    return [
        Hardtanh(**common, low=-math.inf, high=0.1 + 0.2),
        Shift(**common, value=torch.tensor([1.5, -0.0]), alpha=-1, names={"value": "c"}),
        Shift(**common, value=-0.0, alpha=1.0),
        LAYERS["zero_pad"](**common, pads=((1, 0), (0, 2), (0, 0))),
        LAYERS["take"](**common, index=(3, 1)),
        LAYERS["avg_pool"](**common, kernel=(2, 2), stride=(1, 2), padding=(0, 1), divisor_override=None),
        LAYERS["gelu"](**common, approximate="tanh"),
        LAYERS["softmax"](**common, log=True),
    ]


def _through_json(layer):
    tensors = {}
    record = container.json.loads(container.json.dumps(files._encode_layer(layer, tensors), allow_nan=False))
    return files._decode_layer(record, tensors)


def test_a_constant_that_serves_twice(tmp_path):
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc, self.c = nn.Linear(2, 2), nn.Parameter(torch.tensor([2.0, 3.0]))

        def forward(self, x):
            return self.fc(x * self.c) * self.c

    graph = tp.extract(Twice(), (2,))
    back = round_trip(graph, tmp_path)
    assert_equal_graphs(graph, back)


def test_a_masked_graph_comes_back(tmp_path):
    graph = graph_of("digits_convnet")
    sparse = tp.apply_mask(graph, half_of(graph))
    assert_equal_graphs(sparse, round_trip(sparse, tmp_path))


def test_trap_085_the_file_of_a_masked_graph_is_a_checkpoint_of_the_original_class(tmp_path):
    graph = graph_of("resnet20")
    sparse = tp.apply_mask(graph, half_of(graph))
    tp.save_graph(sparse, tmp_path / "graph")
    fresh = MODELS["resnet20"]()
    result = fresh.load_state_dict(load_file(tmp_path / "graph"), strict=False)
    assert not result.unexpected_keys
    assert all(key.endswith("num_batches_tracked") for key in result.missing_keys)
    x = torch.randn(2, 3, 32, 32)
    assert torch.equal(fresh.eval()(x), tp.forward(sparse, x))


def test_trap_086_no_file_needs_pickle(tmp_path, monkeypatch):
    def forbidden(*args, **kwargs):
        raise AssertionError("pickle was used")

    for name in ("load", "loads", "dump", "dumps", "Unpickler", "Pickler"):
        monkeypatch.setattr(pickle, name, forbidden)
    graph = graph_of("lenet5_caffe")
    tp.save_mask(half_of(graph), tmp_path / "mask")
    assert tp.load_mask(tmp_path / "mask").sha256 == half_of(graph).sha256
    assert_equal_graphs(graph, round_trip(graph, tmp_path))


def test_trap_088_a_mask_keeps_the_names_of_the_plain_state_dict(tmp_path):
    graph = graph_of("digits_convnet")
    tp.save_mask(half_of(graph), tmp_path / "mask")
    back = tp.load_mask(tmp_path / "mask")
    assert list(back.keep) == list(graph.weights)
    assert set(back.keep) <= set(MODELS["digits_convnet"]().state_dict())


def test_trap_052_a_mask_takes_one_bit_per_weight(tmp_path):
    graph = graph_of("resnet20")
    tp.save_mask(half_of(graph), tmp_path / "mask")
    tp.save_graph(graph, tmp_path / "graph")
    tp.save_graph(tp.apply_mask(graph, half_of(graph)), tmp_path / "masked")
    mask, dense, masked = ((tmp_path / name).stat().st_size for name in ("mask", "graph", "masked"))
    assert mask < graph.num_weights / 8 + 8192
    assert masked + mask <= 1.26 * dense


shapes = st.lists(st.integers(0, 5), max_size=4).map(tuple)


@given(st.lists(shapes, min_size=1, max_size=4), st.integers(0, 2**32 - 1))
def test_a_mask_comes_back_the_same(tmp_path_factory, layers, seed):
    generator = torch.Generator().manual_seed(seed)
    keep = {f"layer {i}.weight": torch.rand(s, generator=generator) < 0.5 for i, s in enumerate(layers)}
    path = tmp_path_factory.mktemp("mask") / "mask"
    tp.save_mask(tp.Mask(keep), path)
    back = tp.load_mask(path).keep
    assert list(back) == list(keep)
    assert all(torch.equal(back[name], keep[name]) for name in keep)


def test_a_mask_in_another_layout_is_saved_in_c_order(tmp_path):
    keep = (torch.rand(4, 3, 3, 3) < 0.5).contiguous(memory_format=torch.channels_last)
    tp.save_mask(tp.Mask({"w": keep}), tmp_path / "mask")
    assert torch.equal(tp.load_mask(tmp_path / "mask").keep["w"], keep)


def test_a_meta_graph_has_nothing_to_save(tmp_path):
    with torch.device("meta"):
        graph = tp.extract(nn.Linear(2, 2), (2,))
    with pytest.raises(ValueError, match="save_graph: the graph lies on the meta device"):
        tp.save_graph(graph, tmp_path / "graph")
    with pytest.raises(ValueError, match="save_mask: 'weight' lies on the meta device"):
        tp.save_mask(tp.Mask({"weight": graph.weights["weight"] != 0}), tmp_path / "mask")
    assert list(tmp_path.iterdir()) == []


def rewritten(path, kind, change):
    """Change the header and keep its hash right, as a faulty writer would."""
    header, tensors = container.read(path, kind)
    change(header, tensors)
    container.write(path, kind, {k: v for k, v in header.items() if k not in {"format", "schema"}}, tensors)


@pytest.mark.parametrize(
    "change",
    [
        lambda h, t: h.pop("shapes"),
        lambda h, t: h.update(shapes=[]),
        lambda h, t: h["shapes"].update(other=[1]),
        lambda h, t: h["shapes"].update(w=[3, 3]),
        lambda h, t: h["shapes"].update(w=["3"]),
        lambda h, t: h["shapes"].pop("w"),
        lambda h, t: t.update(w=t["w"].float()),
    ],
)
def test_an_incomplete_mask_is_refused(tmp_path, change):
    tp.save_mask(tp.Mask({"w": torch.ones(2, 3, dtype=torch.bool)}), tmp_path / "mask")
    rewritten(tmp_path / "mask", "mask", change)
    with pytest.raises(FileFormatError, match="the mask is incomplete"):
        tp.load_mask(tmp_path / "mask")


@pytest.mark.parametrize(
    "change",
    [
        lambda h, t: h.pop("order"),
        lambda h, t: h.update(order=["other"]),
        lambda h, t: h.update(output="other"),
        lambda h, t: h.update(layers=h["layers"][::-1]),
        lambda h, t: h.update(layers=h["layers"] * 2),
        lambda h, t: h.update(layers=None),
        lambda h, t: h.update(input_shape=[3, 9, 9, 9]),
        lambda h, t: h.update(input_shape=3),
        lambda h, t: h["layers"][0].update(kind="attention"),
        lambda h, t: h["layers"][0].pop("tensors"),
        lambda h, t: h["layers"][0]["tensors"].pop("weight"),
        lambda h, t: h["layers"][0]["tensors"]["weight"].update(strides=[1, 1, 1, 1]),
        lambda h, t: h["layers"][0]["tensors"]["weight"].update(strides=[1]),
        lambda h, t: h["layers"][0]["fields"].update(surprise=1),
        lambda h, t: h["layers"][0]["fields"].pop("stride"),
        lambda h, t: h["layers"][0]["fields"].update(stride="2"),
        lambda h, t: h["layers"][0]["fields"].update(stride=[1]),
        lambda h, t: t.pop("0.weight"),
    ],
)
def test_an_inconsistent_graph_is_refused(tmp_path, change):
    graph = tp.extract(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32, 2)), (3, 6, 6))
    tp.save_graph(graph, tmp_path / "graph")
    rewritten(tmp_path / "graph", "graph", change)
    with pytest.raises(FileFormatError, match="holds no consistent network"):
        tp.load_graph(tmp_path / "graph")
