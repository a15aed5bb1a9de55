"""Both sides are run by turns, and what is reported is the median."""

import numpy as np
import pytest

from benchmarks.geometry.turns import by_turns


def test_they_alternate():
    order = []
    times, theirs, ours = by_turns(lambda: order.append("t") or 1, lambda: order.append("o") or 2, 3, 60.0)
    assert "".join(order) == "tototo"
    assert (theirs, ours, times["n"], len(times["ratios"])) == (1, 2, 3, 3)
    assert times["ratio"] == np.median(times["ratios"])


def test_it_stops_when_the_time_is_spent(monkeypatch):
    clock = iter([0, 4, 6, 10, 18, 19])
    monkeypatch.setattr("time.process_time", lambda: next(clock))
    times, _, _ = by_turns(lambda: None, lambda: None, 5, 10.0)
    assert (times["seconds"], times["ours"], times["n"]) == (6, 1.5, 2)
    assert times["ratios"] == pytest.approx([2, 8])
