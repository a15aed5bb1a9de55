"""The speed benchmark runs, prints and writes."""

import json

import torch

from benchmarks import synflow_speed


def test_a_small_run(tmp_path, capsys):
    threads = torch.get_num_threads()
    out = tmp_path / "speed.json"
    synflow_speed.synflow("digits_convnet", compression=10, steps=3, pairs=2, out=out)
    torch.set_num_threads(threads)
    rows = json.loads(out.read_text())
    assert [row["dtype"] for row in rows] == ["float32", "float64"]
    for row in rows:
        assert len(row["ratios"]) == row["n"] == 2
        assert abs(row["published_kept"] - row["ours_kept"]) <= 1
        assert row["overlap"] > 0.98
    assert "digits_convnet" in capsys.readouterr().out
