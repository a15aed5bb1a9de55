import sys
from xml.etree import ElementTree

import pytest
import torch
from torch import nn

import theoryprune as tp


@pytest.fixture
def pruned():
    torch.manual_seed(0)
    graph = tp.extract(nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3)), (6,))
    keep = {name: torch.rand(weight.shape) < 0.5 for name, weight in graph.weights.items()}
    return graph, tp.apply_mask(graph, tp.Mask(keep))


def scores_of(graph, exponent=0, method="flow"):
    return tp.Scores({name: w.abs().double() for name, w in graph.weights.items()}, 1.0, exponent, method)


def is_png(path):
    return path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 2000


def texts(path):
    return [node.text for node in ElementTree.parse(path).iter() if node.text]


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_picture_is_written(pruned, tmp_path, ending):
    graph, sparse = pruned
    path = tmp_path / f"layers.{ending}"
    tp.plot_layers(tp.summarize(graph, sparse), path, scores=scores_of(sparse), title="half")
    start = path.read_bytes()[:200]
    assert {"png": b"\x89PNG", "svg": b"<svg", "pdf": b"%PDF"}[ending] in start or b"<?xml" in start
    assert path.stat().st_size > 2000


def test_scores_are_optional_and_may_be_several(pruned, tmp_path):
    graph, sparse = pruned
    summary = tp.summarize(graph, sparse)
    tp.plot_layers(summary, tmp_path / "one.png")
    tp.plot_layers(summary, tmp_path / "two.png", scores={"before": scores_of(graph), "after": scores_of(sparse)})
    assert (tmp_path / "one.png").stat().st_size < (tmp_path / "two.png").stat().st_size


def test_the_same_picture_has_the_same_bytes(pruned, tmp_path):
    summary = tp.summarize(*pruned)
    for name in ("a.png", "b.png"):
        tp.plot_layers(summary, tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_totals_beyond_any_float_and_empty_layers_can_be_drawn(pruned, tmp_path):
    graph, _ = pruned
    nothing = tp.Mask({name: torch.zeros(w.shape, dtype=torch.bool) for name, w in graph.weights.items()})
    sparse = tp.apply_mask(graph, nothing)
    tp.plot_layers(tp.summarize(graph, sparse), tmp_path / "a.png", scores=scores_of(graph, exponent=5000))
    tp.plot_layers(tp.summarize(graph, sparse), tmp_path / "b.png", scores=scores_of(sparse))
    assert is_png(tmp_path / "a.png")
    assert is_png(tmp_path / "b.png")


def test_a_hundred_layers_can_be_drawn(tmp_path):
    graph = tp.extract(nn.Sequential(*(nn.Linear(2, 2) for _ in range(100))), (2,))
    tp.plot_layers(tp.summarize(graph), tmp_path / "a.png")
    assert is_png(tmp_path / "a.png")


def test_an_unknown_format_is_refused(pruned, tmp_path):
    with pytest.raises(ValueError, match=r"path must end in .png, .svg or .pdf, got 'a.txt'"):
        tp.plot_layers(tp.summarize(*pruned), tmp_path / "a.txt")
    assert list(tmp_path.iterdir()) == []


def test_scores_of_another_network_are_refused(pruned, tmp_path):
    other = tp.extract(nn.Linear(2, 2), (2,))
    with pytest.raises(ValueError, match="those named 'flow' are of another network"):
        tp.plot_layers(tp.summarize(*pruned), tmp_path / "a.png", scores=scores_of(other))


def test_a_missing_matplotlib_is_named(pruned, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'theoryprune\[bench\]'"):
        tp.plot_layers(tp.summarize(*pruned), tmp_path / "a.png")
