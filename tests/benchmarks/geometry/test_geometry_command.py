"""The command prints one table and writes what it measured."""

import json

import pytest

from benchmarks import geometry as command


def test_a_small_run(tmp_path, capsys, monkeypatch):
    from benchmarks.geometry import caratheodory, streaming

    monkeypatch.setattr(caratheodory.caratheodory_rows, "__defaults__", (1, 1.0, [(300, 2)]))
    monkeypatch.setattr(streaming, "streaming_rows", lambda: [])
    out = tmp_path / "geometry.json"
    command.geometry(("caratheodory", "streaming"), rounds=1, out=out)
    saved = json.loads(out.read_text())
    assert [row["points"] for row in saved["rows"]] == ["300 x 2"]
    assert "numpy" in saved["environment"]
    assert "300 x 2" in capsys.readouterr().out


def test_a_contender_that_fell_short_has_a_star():
    row = {
        "item": "lowner",
        "points": "4 x 2",
        "contender": "peer",
        "reached": False,
        "ours": 1.0,
        "certificate": 0.1,
        "n": 1,
    }
    columns = [list(column.cells) for column in command.table([row]).columns]
    assert columns[2] == ["peer *"]
    assert columns[3] == [""]


def test_an_unknown_part():
    with pytest.raises(ValueError, match="parts must be of lowner, caratheodory, streaming"):
        command.measure("lewis", 1, 1.0)
