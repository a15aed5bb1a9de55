"""A row for a network says what it lost, and what is certified of its groups."""

import pytest
import torch

import theoryprune as tp
from benchmarks.coresets import networks
from benchmarks.coresets.report import cells
from benchmarks.digits import Images
from benchmarks.models import digits_mlp, mobile_tiny


@pytest.fixture(scope="module")
def case():
    torch.manual_seed(0)
    graph = tp.extract(digits_mlp(), (1, 8, 8))
    images = Images(torch.rand(30, 1, 8, 8), torch.arange(30) % 10)
    return graph, images, networks.logits(graph, images.x, 7)


def test_batches_give_the_whole(case):
    graph, images, wanted = case
    assert wanted.shape == (30, 10)
    assert wanted == pytest.approx(tp.forward(graph, images.x), abs=1e-5)


def test_a_row(case):
    row = networks.reduced_row(*case, "random", 0.5, seeds=(0, 1, 2), batch=10)
    assert (row["draws"], len(row["accuracies"])) == (3, 3)
    assert row["parameters"] == 64 * 65 + 32 * 65 + 10 * 33
    assert row["error"] > 0
    assert row["certified"].startswith("2 of 2")
    assert row["share"] > 0
    assert 0 < row["tightness"] <= 1
    assert networks.violations([row]) == ()


def test_what_is_deterministic_is_run_once(case):
    assert networks.reduced_row(*case, "merge", 0.5, seeds=(0, 1, 2), batch=30)["draws"] == 1


def test_options_stand_in_the_name(case):
    row = networks.reduced_row(*case, "merge", 0.5, seeds=(0,), batch=30, bias_correction=False, effort="fast")
    assert row["method"] == "merge, bias_correction=False"


def test_the_network_itself(case):
    row = networks.unpruned(*case)
    assert (row["error"], row["agreement"], row["parameters"]) == (0.0, 1.0, 17_226)


def test_a_violation_is_named():
    line = {"group": "fc1", "observed": 2.0, "best": 1.0}
    (found,) = networks.violations([{"method": "merge", "keep": 0.5, "lines": [line]}])
    assert found == "merge, kept 50%, group fc1: observed 2.0 above 1.0"
    assert networks.violations([{"method": "unpruned", "keep": 1.0}]) == ()


def test_refusals_are_counted_by_their_reason():
    torch.manual_seed(0)
    graph = tp.extract(mobile_tiny(), (3, 16, 16))
    images = Images(torch.rand(4, 3, 16, 16), torch.arange(4))
    wanted = networks.logits(graph, images.x, 4)
    rows = [
        networks.reduced_row(graph, images, wanted, method, 0.5, seeds=(0,), batch=4) for method in ("merge", "norm")
    ]
    report = networks.refusals(rows, "Why")
    reasons = {line[-1] for line in cells(report)}
    assert any("depthwise" in reason for reason in reasons)
    assert any("streams=True" in reason for reason in reasons)
    assert all(row["constructions"] == 2 for row in report.rows)
