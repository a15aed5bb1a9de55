"""Groups of a network are cut out, attacked, and a false certificate does not pass."""

from dataclasses import replace

import pytest
import torch

import theoryprune as tp
from benchmarks.coresets import network_soundness as part
from benchmarks.models import digits_convnet, digits_mlp
from theoryprune.coresets import merge, reduce


@pytest.fixture(scope="module")
def graph():
    torch.manual_seed(0)
    return tp.extract(digits_mlp(hidden=(12, 8)), (1, 8, 8))


def test_a_small_search(graph):
    report = part.network_report({"mlp": graph}, (0.5,))
    assert [row["tried"] for row in report.rows] == [2] * len(part.METHODS)
    assert report.failures == ()
    assert all(0 < row["largest"] <= 1 for row in report.rows)


def test_what_lies_between_two_layers():
    torch.manual_seed(0)
    graph = tp.extract(digits_convnet().eval(), (1, 8, 8))
    cut = part.between(graph, "layer1.0.conv1", "layer1.0.conv2")
    assert [layer.name for layer in cut.layers][::3] == ["layer1.0.conv1", "layer1.0.conv2"]
    x = torch.rand(2, 1, 8, 8)
    source = replace(graph, output=graph.by_name["layer1.0.conv1"].inputs[0])
    wanted = tp.forward(replace(graph, output="layer1.0.conv2"), x)
    assert tp.forward(cut, tp.forward(source, x)) == pytest.approx(wanted)


def test_a_false_gain_is_found(graph, monkeypatch):
    found = reduce(graph, 0.5, merge)
    groups = list(part.certified_groups(found))
    assert [group.name for group in groups] == ["fc1", "fc2"]
    low = [replace(group.claim.gains, triangle=group.claim.best * 0.3) for group in groups]
    false = [replace(g, claim=replace(g.claim, gains=gains)) for g, gains in zip(groups, low, strict=True)]
    monkeypatch.setattr(part, "certified_groups", lambda found: iter(false))
    row, problems = part.attacked(found)
    assert row["violations"] >= 2
    assert any("group fc1" in problem for problem in problems)
