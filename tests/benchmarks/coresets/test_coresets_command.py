"""The command runs its parts, writes what they measured, and says what failed."""

import json

import pytest

import theoryprune as tp
from benchmarks import coresets as command
from benchmarks.coresets import peers
from benchmarks.coresets.options import Options
from benchmarks.coresets.report import Report

REPORT = Report("One row, n = 1", {"name": "{name}", "value": "{value:.1f}"}, [{"name": "first", "value": 2.0}])


def test_a_part_is_printed_and_written(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(peers, "measure", lambda options: [REPORT])
    command.coresets(("peers",), out=tmp_path)
    saved = json.loads((tmp_path / "peers.json").read_text())
    assert saved["tables"][0]["rows"] == REPORT.rows
    assert saved["threads"] == 1
    assert "numpy" in saved["versions"]
    text = capsys.readouterr().out
    assert "One row, n = 1" in text
    assert "python -m benchmarks" in text
    assert "cores" in text


def test_a_failure_is_named_and_the_command_fails(tmp_path, capsys, monkeypatch):
    bad = Report("Bad", {"name": "{name}"}, [{"name": "x"}], failures=("observed above certified: case 7",))
    monkeypatch.setattr(peers, "measure", lambda options: [bad])
    with pytest.raises(SystemExit) as caught:
        command.coresets(("peers",), out=tmp_path)
    assert caught.value.code == 1
    assert "FAILED: observed above certified: case 7" in capsys.readouterr().out


@pytest.mark.parametrize("error", [tp.DataError("put it into data/"), ModuleNotFoundError("install the extra peers")])
def test_what_is_missing_is_said_and_the_others_run(tmp_path, capsys, monkeypatch, error):
    def missing(options):
        raise error

    monkeypatch.setattr(peers, "measure", missing)
    with pytest.raises(SystemExit):
        command.coresets(("peers",), Options(), tmp_path)
    assert f"peers was not run: {error}" in capsys.readouterr().out


def test_an_unknown_part(tmp_path):
    with pytest.raises(SystemExit, match="parts must be of layer_certs, soundness"):
        command.coresets(("peer",), out=tmp_path)
