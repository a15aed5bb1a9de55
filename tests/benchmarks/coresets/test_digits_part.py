"""Perceptrons are trained, pruned from input to output, and laid out seed by seed."""

import numpy as np
import pytest
import torch

from benchmarks.coresets import digits as part
from benchmarks.coresets.report import cells
from benchmarks.digits import Images, digits


@pytest.fixture(scope="module")
def networks():
    training, _ = digits()
    return [part.trained(training, 0.01, seed, epochs=2) for seed in range(2)]


def test_the_whole_layer_gives_the_network_back(networks):
    _, test = digits()
    layers = part.matrices(networks[0])
    smaller, found = part.pruned(layers, "merge", 1.0, seed=0)
    assert all(coreset.is_identity for coreset in found)
    x = test.x[:20].flatten(1).double().numpy()
    with torch.inference_mode():
        wanted = networks[0](test.x[:20]).double().numpy()
    assert part.outputs(smaller, x) == pytest.approx(wanted, abs=1e-4)


def test_rows_and_tables(networks, monkeypatch):
    monkeypatch.setattr(part, "CONSTRUCTIONS", {name: part.CONSTRUCTIONS[name] for name in ("merge", "random")})
    monkeypatch.setattr(part, "KEEPS", (0.5, 0.25))
    _, test = digits()
    rows = part.accuracies(networks, 0.01, Images(test.x[:50], test.y[:50]))
    assert len(rows) == 1 + 2 * 2
    report = part.accuracy_report(rows)
    assert [line[0] for line in cells(report)] == ["unpruned", "merge", "random"]
    assert list(report.columns) == ["method", "decay 0.01, 50%", "decay 0.01, 25%"]
    assert all("±" in cell for line in cells(report) for cell in line[1:])
    shares = part.certificate_report(rows).rows
    assert [(row["method"], row["keep"]) for row in shares] == [("merge", 0.5), ("merge", 0.25)]
    assert all(row["first"] > 0 and 0 < row["tight_first"] <= 1 for row in shares)


def test_the_second_layer_is_certified_with_its_folded_rows(networks):
    layers = part.matrices(networks[0])
    _, found = part.pruned(layers, "merge", 0.5, seed=0)
    first, second = part.certificates(layers, found, "fast")
    assert 0 < first.observed <= first.best
    assert len(second.witness) == len(found[0].kept)
    assert np.isfinite(second.best)
