"""Perceptrons are trained, reduced by every construction, and laid out seed by seed."""

import pytest

import theoryprune as tp
from benchmarks.coresets import digits as part
from benchmarks.coresets.report import cells
from benchmarks.digits import Images, digits
from benchmarks.train import accuracy


@pytest.fixture(scope="module")
def networks():
    training, _ = digits()
    return [part.trained(training, 0.01, seed, epochs=2) for seed in range(2)]


def test_training_depends_on_the_seed_alone(networks):
    training, test = digits()
    again = part.trained(training, 0.01, 1, epochs=2)
    assert accuracy(again, test) == accuracy(networks[1], test) > 0.6


def test_rows_and_tables(networks, monkeypatch):
    monkeypatch.setattr(part, "CONSTRUCTIONS", {name: part.CONSTRUCTIONS[name] for name in ("merge", "random")})
    monkeypatch.setattr(part, "KEEPS", (0.5, 0.25))
    _, test = digits()
    rows = part.accuracies(networks, 0.01, Images(test.x[:50], test.y[:50]), effort="fast")
    assert len(rows) == 1 + 2 * 2
    assert [len(row["accuracies"]) for row in rows] == [2] * 5
    report = part.accuracy_report(rows)
    assert [line[0] for line in cells(report)] == ["unpruned", "merge", "random"]
    assert list(report.columns) == ["method", "decay 0.01, 50%", "decay 0.01, 25%"]
    assert all("±" in cell for line in cells(report) for cell in line[1:])
    found = part.certificate_report(rows)
    assert [(row["method"], row["keep"]) for row in found.rows] == [("merge", 0.5), ("merge", 0.25)]
    assert all(row["first"] > 0 and 0 < row["tight_first"] <= 1 for row in found.rows)
    assert found.failures == ()


def test_a_whole_network_is_unchanged(networks):
    _, test = digits()
    graph = tp.extract(networks[0], networks[0].example_shape)
    few = Images(test.x[:20], test.y[:20])
    wanted = part.logits(graph, few.x, 20)
    found = part.reduced_row(graph, few, wanted, "merge", 1.0, seeds=(0,), batch=20)
    assert (found["error"], found["agreement"], found["groups"]) == (0, 1, 0)
