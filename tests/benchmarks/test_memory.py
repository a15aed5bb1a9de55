"""The measurement of peak memory, in a process of its own."""

import pytest

from benchmarks import memory


@pytest.mark.skipif(not memory.CLEAR.exists(), reason="peak memory is read from Linux's /proc")
def test_a_run_needs_memory():
    assert 0 < memory.peak_memory("digits_mlp", "float64", "adaptive(0.99)", 10.0) < 10_000


def test_nothing_where_the_system_does_not_tell(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "CLEAR", tmp_path / "missing")
    assert memory.peak_memory("digits_mlp", "float64", "adaptive(0.99)", 10.0) is None
