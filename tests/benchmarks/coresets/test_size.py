"""A task is run in a process of its own, and what it took comes back."""

from benchmarks.coresets import size
from benchmarks.coresets.report import cells


def test_a_small_pair():
    row = size.run("pair", 1, (8, 20, 6))
    assert row["task"] == "8 -> 20 -> 6"
    assert 0 < row["merge"] < row["wall"]
    assert 0 < row["product"] <= row["triangle"]
    assert row["peak"] is None or 0.05 < row["peak"] < 8


def test_a_small_network():
    row = size.resnet50("digits_convnet")
    assert row["task"] == "digits_convnet, 4 groups"
    assert row["certified"].endswith("of 4") or "of 4," in row["certified"]


def test_the_table(monkeypatch):
    row = {"task": "pair", "merge": 1.0, "wall": 2.0, "cpu": 3.0, "peak": None, "asked": "x", "certified": "y"}
    monkeypatch.setattr(size, "run", lambda task, threads, pair=None: row | {"task": task})
    (report,) = size.measure(size.Options())
    assert [line[0] for line in cells(report)] == ["resnet50", "pair"]
