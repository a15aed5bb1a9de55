"""Every module has its turn in every round."""

import pytest
import torch

from benchmarks.coresets import latency
from benchmarks.coresets.options import Options


class Clocked(torch.nn.Module):
    def __init__(self, name, calls):
        super().__init__()
        self.name, self.calls = name, calls

    def forward(self, x):
        self.calls.append(self.name)
        return x


def test_they_alternate():
    calls = []
    modules = [Clocked(name, calls) for name in "ab"]
    times = latency.by_rounds(modules, torch.zeros(1), rounds=3, seconds=0.0)
    assert "".join(calls) == "ab" * 5
    assert [len(own) for own in times] == [3, 3]


def test_a_small_run(monkeypatch):
    monkeypatch.setattr(latency, "NETWORKS", ("digits_convnet",))
    monkeypatch.setattr(latency.latencies, "__defaults__", ((0.5,), 0.0))
    (report,) = latency.measure(Options(rounds=2))
    assert [(row["keep"], row["batch"]) for row in report.rows] == [(1.0, 1), (0.5, 1), (1.0, 32), (0.5, 32)]
    assert report.rows[0]["ratios"] == [1, 1]
    assert report.rows[1]["fewer"] == pytest.approx(report.rows[0]["macs"] / report.rows[1]["macs"])
    assert report.rows[1]["fewer"] > 2
