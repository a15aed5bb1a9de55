"""The speed benchmark runs, prints and writes."""

import json

import torch

from benchmarks import synflow_speed


def test_a_small_run(tmp_path, capsys):
    threads = torch.get_num_threads()
    out = tmp_path / "speed.json"
    synflow_speed.synflow(
        ("digits_convnet",), compression=10, rounds=2, iterations=100, threads=1, memory=False, out=out
    )
    torch.set_num_threads(threads)
    rows = json.loads(out.read_text())
    assert [(row["dtype"], row["schedule"]) for row in rows] == [
        (dtype, schedule) for dtype in ("float32", "float64") for schedule in ("exponential(100)", "adaptive(0.99)")
    ]
    for row in rows:
        assert len(row["ratios"]) == row["n"] == 2
        assert row["certified"]
        assert row["overlap"] > (0.98 if row["schedule"] == "exponential(100)" else 0.5)
        assert (row["iterations"] == 100) == (row["schedule"] == "exponential(100)")
    assert "digits_convnet" in capsys.readouterr().out
