import sys
from xml.etree import ElementTree

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import model_graph
from theoryprune.coresets import Budget, reduce
from theoryprune.reports import plot_curve


@pytest.fixture(scope="module")
def reduced():
    return reduce(model_graph("digits_mlp"), Budget(params=0.5), certify=False)


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_picture_is_written(reduced, tmp_path, ending):
    path = tmp_path / f"curve.{ending}"
    plot_curve(reduced, path, title="half")
    start = path.read_bytes()[:200]
    assert {"png": b"\x89PNG", "svg": b"<svg", "pdf": b"%PDF"}[ending] in start or b"<?xml" in start
    assert path.stat().st_size > 2000


def test_the_same_picture_has_the_same_bytes(reduced, tmp_path):
    for name in ("a.svg", "b.svg"):
        plot_curve(reduced, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    ElementTree.parse(tmp_path / "a.svg")


@pytest.mark.parametrize("budget", [Budget(error=0.2), Budget(macs=1.0), Budget(channels=0.15), Budget(error=0)])
@pytest.mark.parametrize("how", ["marginal", "uniform"])
def test_any_budget_can_be_drawn(reduced, tmp_path, budget, how):
    plot_curve(reduce(reduced.before, budget, weights="relative", how=how, certify=False), tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 2000


def test_a_curve_without_error_can_be_drawn(tmp_path):
    net = nn.Sequential(nn.Linear(2, 4, bias=False), nn.ReLU(), nn.Linear(4, 2))
    with torch.no_grad():
        net[0].weight.fill_(1.0)  # copies merge without a trace
    plot_curve(reduce(tp.extract(net, (2,)), Budget(params=0.9), certify=False), tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 2000


def test_many_groups_and_long_names_can_be_drawn(tmp_path):
    parts = [part for _ in range(70) for part in (nn.Linear(3, 3), nn.ReLU())]
    graph = tp.extract(nn.Sequential(*parts, nn.Linear(3, 2)), (3,))
    plot_curve(reduce(graph, Budget(channels=0.8), certify=False), tmp_path / "many.png")
    long = nn.Sequential()
    name = "a_block_with_a_name_that_is_far_too_long_for_any_picture"
    long.add_module(name, nn.Linear(3, 3))
    long.append(nn.ReLU()).append(nn.Linear(3, 2))
    plot_curve(reduce(tp.extract(long, (3,)), Budget(channels=0.8), certify=False), tmp_path / "long.svg")
    assert (tmp_path / "many.png").stat().st_size > 2000
    assert f"<!-- ...{name[-25:]} -->" in (tmp_path / "long.svg").read_text()


def test_what_cannot_be_drawn_is_refused(reduced, tmp_path):
    with pytest.raises(ValueError, match=r"path must end in .png, .svg or .pdf, got 'a.txt'"):
        plot_curve(reduced, tmp_path / "a.txt")
    with pytest.raises(ValueError, match="has no curve, for its widths were given"):
        plot_curve(reduce(reduced.before, 0.5, certify=False), tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_the_remedy_is_told(reduced, tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'theoryprune\[bench\]'"):
        plot_curve(reduced, tmp_path / "a.png")
