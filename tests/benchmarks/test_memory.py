"""The measurement of peak memory, in a process of its own."""

from math import isfinite

import pytest

from benchmarks import memory

LINUX = pytest.mark.skipif(not memory.CLEAR.exists(), reason="peak memory is read from Linux's /proc")


@LINUX
def test_the_child_process_answers():
    """Only that the value comes back: on so few weights it tells of the interpreter's pages, not of the run."""
    peak = memory.peak_memory("digits_mlp", "float64", "adaptive(0.99)", 10.0)
    assert isfinite(peak)
    assert peak > 0


@LINUX
@pytest.mark.slow
def test_the_peak_of_a_large_run():
    """74 MB of weights: the run copies them at least once, and never holds four times as much beside the graph."""
    assert 1 < memory.peak_memory("vgg11_bn", "float64", "exponential(100)", 10.0) < 4


def test_nothing_where_the_system_does_not_tell(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "CLEAR", tmp_path / "missing")
    assert memory.peak_memory("digits_mlp", "float64", "adaptive(0.99)", 10.0) is None
