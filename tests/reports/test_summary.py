import functools
import json
import math

import pytest
import torch
from rich.console import Console
from torch import nn

import theoryprune as tp
from benchmarks.models import MODELS
from theoryprune import measures
from theoryprune.errors import BudgetError
from theoryprune.graph.reach import effective_weights

NAMES = ["digits_convnet", "mobile_tiny", "dense_tiny", "grouped_tiny", "lenet5_caffe"]


@functools.cache
def graph_of(name):
    torch.manual_seed(0)
    model = MODELS[name]()
    return tp.extract(model, model.example_shape)


def mask_of(graph, density=0.1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return tp.Mask({n: torch.rand(w.shape, generator=generator) < density for n, w in graph.weights.items()})


def chain():
    """Two linear maps without bias, all weights 1, and a mask that leaves one path and one dead end."""
    net = nn.Sequential(nn.Linear(3, 2, bias=False), nn.ReLU(), nn.Linear(2, 2, bias=False))
    graph = tp.extract(net, (3,)).with_weights({"0.weight": torch.ones(2, 3), "2.weight": -torch.ones(2, 2)})
    first = torch.tensor([[True, False, False], [True, True, False]])
    return graph, tp.Mask({"0.weight": first, "2.weight": torch.tensor([[True, False], [False, False]])})


def test_a_hand_example():
    graph, mask = chain()
    summary = tp.summarize(graph, mask)
    assert summary.size == measures.Size(total=10, prunable=10, kept=4)
    assert (summary.effective, summary.density, summary.density_effective) == (2, 0.4, 0.2)
    assert (summary.macs, summary.macs_nominal, summary.macs_effective) == (10, 4, 2)
    assert summary.theoretical_speedup == 5
    assert (summary.empty_layers, summary.disconnected_layers, summary.collapsed) == ((), (), False)
    first, second = summary.rows
    assert (first.channels_in, first.channels_out) == ((3, 1), (2, 1))
    assert (second.kept, second.effective, second.channels_out) == (1, 1, (2, 1))


def test_trap_016_negative_weights_are_counted():
    graph, mask = chain()
    summary = tp.summarize(graph, tp.apply_mask(graph, mask))
    assert [row.kept for row in summary.rows] == [3, 1]


def test_a_mask_and_the_masked_graph_say_the_same():
    for name in ("digits_convnet", "mobile_tiny", "grouped_tiny"):
        graph = graph_of(name)
        mask = mask_of(graph)
        assert tp.summarize(graph, mask) == tp.summarize(graph, tp.apply_mask(graph, mask))


def test_the_zeros_of_a_trained_network_are_its_mask():
    graph, mask = chain()
    masked = tp.apply_mask(graph, mask)
    assert tp.summarize(masked) == tp.summarize(graph, masked)
    whole = tp.summarize(graph)
    assert (whole.density, whole.macs, whole.compacted) == (1, whole.macs_effective, None)


@pytest.mark.parametrize("name", NAMES)
def test_trap_049_effective_is_at_most_nominal_is_at_most_dense(name):
    graph = graph_of(name)
    for density in (1.0, 0.3, 0.02):
        summary = tp.summarize(graph, mask_of(graph, density))
        for row in summary.rows:
            assert row.effective <= row.kept <= row.weights
            assert row.macs_effective <= row.macs_nominal <= row.macs
            assert row.channels_in[1] <= row.channels_in[0]
            assert row.channels_out[1] <= row.channels_out[0]
        assert summary.macs_effective <= summary.macs_nominal <= summary.macs == measures.macs(graph)


@pytest.mark.parametrize(
    ("name", "density"), [("resnet20_a", 0.02), ("digits_convnet", 0.02), ("mobile_tiny", 0.15), ("dense_tiny", 0.08)]
)
def test_a_compacted_network_is_reported_beside_its_dense_one(name, density):
    graph = graph_of(name)
    sparse = tp.apply_mask(graph, mask_of(graph, density))
    small = tp.compact(sparse)
    summary = tp.summarize(graph, small)
    assert summary.compacted is not None
    assert summary.compacted.parameters == measures.size(small).total < summary.size.total
    assert summary.compacted.macs == measures.macs(small) <= summary.macs
    assert summary.compacted.bytes == measures.stored_bytes(small) < summary.bytes_dense
    assert summary.effective == sum(int(w.count_nonzero()) for w in effective_weights(small).values())
    assert [row.name for row in summary.rows] == list(graph.order)


def test_trap_052_a_compacted_network_has_the_smaller_file(tmp_path):
    graph = graph_of("digits_convnet")
    tp.save_graph(graph, tmp_path / "dense")
    tp.save_graph(tp.compact(tp.apply_mask(graph, mask_of(graph, 0.01))), tmp_path / "small")
    assert (tmp_path / "small").stat().st_size < (tmp_path / "dense").stat().st_size


def test_a_layer_that_a_mask_does_not_name_is_protected():
    graph, mask = chain()
    summary = tp.summarize(graph, tp.Mask({"0.weight": mask.keep["0.weight"]}))
    assert [row.reason for row in summary.rows] == ["", "protected"]
    assert summary.size == measures.Size(total=10, prunable=6, kept=3)
    assert (summary.effective, summary.macs_nominal) == (3, 7)


def test_empty_and_cut_off_layers_and_collapse():
    graph, mask = chain()
    empty = tp.summarize(graph, tp.Mask({**mask.keep, "0.weight": torch.zeros(2, 3, dtype=torch.bool)}))
    assert empty.empty_layers == ("0.weight",)
    assert empty.disconnected_layers == ("0.weight", "2.weight")
    assert empty.collapsed
    assert empty.theoretical_speedup == math.inf
    text = str(empty)
    assert "empty layers: 0.weight" in text
    assert "collapsed" in text


def test_a_layer_on_no_path_is_named():
    net = Branches()
    graph = tp.extract(net, (2,)).with_weights({"last.weight": torch.tensor([[1.0, 1.0, 0.0, 0.0]])})
    summary = tp.summarize(graph)
    assert (summary.empty_layers, summary.disconnected_layers, summary.collapsed) == ((), ("b.weight",), False)
    assert "on no path from input to output: b.weight" in str(summary)


class Branches(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.last = nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(4, 1)

    def forward(self, x):
        return self.last(torch.cat([self.a(x), self.b(x)], 1))


def test_trap_009_amounts_are_reported_each_by_its_name():
    graph = graph_of("digits_convnet")
    data = tp.summarize(graph, mask_of(graph)).to_dict()
    assert {"total", "prunable", "kept"} == set(data["size"])
    assert {"density", "density_effective", "compression_prunable", "compression_total", "macs", "macs_nominal",
            "macs_effective", "theoretical_speedup", "bytes_dense"} <= set(data)  # fmt: skip
    assert {"channels_in", "channels_out", "kept", "effective", "macs"} <= set(data["rows"][0])


def test_trap_048_every_report_states_the_convention():
    summary = tp.summarize(graph_of("digits_mlp"))
    assert measures.CONVENTION in str(summary)
    assert measures.CONVENTION in summary.to_json()
    assert measures.CONVENTION in summary._repr_html_()


def test_trap_051_a_count_is_not_called_a_speed():
    summary = tp.summarize(graph_of("digits_mlp"))
    assert "a count, not a speed" in str(summary)
    assert "measured_speedup" not in summary.to_dict()


def test_json_is_strict_and_complete():
    graph, _ = chain()
    nothing = tp.Mask({name: torch.zeros(w.shape, dtype=torch.bool) for name, w in graph.weights.items()})
    data = json.loads(tp.summarize(graph, nothing).to_json(), parse_constant=pytest.fail)
    assert data["compression_prunable"] is None
    assert data["schema"] == 1
    assert data["rows"][0]["shape"] == [2, 3]


def test_a_meta_network_is_counted():
    with torch.device("meta"):
        model = MODELS["vgg16_224"]()
        graph = tp.extract(model, model.example_shape)
    summary = tp.summarize(graph)
    assert (summary.size.total, summary.density_effective, summary.collapsed) == (138_357_544, 1, False)


def test_the_certificates_sentence_is_printed():
    sentence = "certified: at most 0x1p-3 on [box] [/box]"
    assert sentence in str(tp.summarize(graph_of("digits_mlp"), certificate=sentence))


def test_a_summary_prints_itself():
    graph, mask = chain()
    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(tp.summarize(graph, mask))
    console.file.close()
    assert "linear" in console.export_text()


def test_another_network_is_refused():
    graph, mask = chain()
    wide = tp.extract(nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2)), (3,))
    with pytest.raises(ValueError, match=r"no pruned version of graph: its weight '0.weight' has shape \(5, 3\)"):
        tp.summarize(graph, wide)
    with pytest.raises(ValueError, match=r"'weight' has shape .* in graph it is missing"):
        tp.summarize(graph, tp.extract(nn.Linear(3, 2), (3,)))
    with pytest.raises(ValueError, match="is it a mask of another network"):
        tp.summarize(wide, mask)
    with pytest.raises(TypeError, match="must be a WeightGraph, a Mask or None, got float"):
        tp.summarize(graph, 0.5)


def test_a_network_without_weights_is_refused():
    with pytest.raises(BudgetError, match="the network has no linear or convolution weight"):
        tp.summarize(tp.extract(nn.ReLU(), (3,)))
