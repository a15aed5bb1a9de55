"""The command prints its tables and writes what it measured."""

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


ROW = {
    "item": "lowner",
    "points": "4 x 2",
    "contender": "peer",
    "reached": False,
    "goal": 20,
    "seconds": 2.0,
    "ours": 0.5,
}
ROW |= {"ratio": 4.0, "ratios": [3.0, 4.0, 5.0], "accuracy": 0.02, "certificate": 0.0051, "n": 3}
STREAM = {
    "item": "caratheodory_blocks",
    "points": "1000 x 2",
    "ours": 1.0,
    "certificate": 1e-16,
    "memory": 1.1,
    "left": [3],
}


def test_a_table_for_each_item():
    first, second = command.tables([ROW, STREAM])
    cells = [list(column.cells) for column in first.columns]
    assert cells == [["4 x 2"], ["peer *"], ["2 / 0.5"], ["4 (3-5)"], ["20"], ["0.02 / 0.0051"], ["3"]]
    assert [list(column.cells) for column in second.columns] == [["1000 x 2"], ["1"], ["1.0e-16"], ["1.10"], ["3"]]


def test_one_run_has_no_range():
    (only,) = command.tables([ROW | {"ratios": [4.0], "reached": True, "goal": None}])
    assert [list(only.columns[i].cells) for i in (1, 3, 4)] == [["peer"], ["4"], [""]]


def test_an_unknown_part():
    with pytest.raises(ValueError, match="parts must be of lowner, caratheodory, streaming"):
        command.measure("lewis", 1, 1.0)
