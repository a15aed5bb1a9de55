import json

import pytest
import torch
from torch import nn

import theoryprune as tp
from theoryprune.cli import runs
from theoryprune.cli.folders import RECORD, file_hash
from theoryprune.cli.runs import GRAPH, MASK, Run, read_run, write_run
from theoryprune.errors import FileFormatError


def record(method):
    names = ("model", "density", "sparsity", "compression", "schedule", "scope", "seed")
    return {"method": method, "versions": {}, "hashes": {}, "arguments": dict.fromkeys(names)}


@pytest.fixture
def run():
    graph = tp.extract(nn.Linear(3, 2), (3,))
    mask = tp.Mask({"weight": torch.eye(2, 3, dtype=torch.bool)})
    return Run(mask, tp.apply_mask(graph, mask), record("synflow"))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_is_read(tmp_path, run):
    write_run(tmp_path / "run", run)
    back = read_run(tmp_path / "run")
    assert names(tmp_path) == ["run"]
    assert names(tmp_path / "run") == [GRAPH, MASK, RECORD]
    assert back.mask.sha256 == run.mask.sha256
    assert torch.equal(back.graph.weights["weight"], run.graph.weights["weight"])
    assert back.record["method"] == "synflow"
    assert back.record["files"][MASK] == file_hash(tmp_path / "run" / MASK)


def test_an_empty_folder_is_filled_and_a_run_kept(tmp_path, run):
    (tmp_path / "run").mkdir()
    write_run(tmp_path / "run", run)
    with pytest.raises(FileExistsError, match=r"holds a run already; .* --force"):
        write_run(tmp_path / "run", run)
    write_run(tmp_path / "run", Run(run.mask, run.graph, record("other")), force=True)
    assert read_run(tmp_path / "run").record["method"] == "other"
    assert names(tmp_path) == ["run"]


@pytest.mark.parametrize("failing", ["save_mask", "save_graph", "file_hash"])
def test_nothing_is_written_half(tmp_path, run, monkeypatch, failing):
    write_run(tmp_path / "old", run)

    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr(runs, failing, fail)
    for folder in ("new", "old"):
        with pytest.raises(OSError, match="disk full"):
            write_run(tmp_path / folder, run, force=True)
    monkeypatch.undo()
    assert names(tmp_path) == ["old"]
    assert read_run(tmp_path / "old").record["method"] == "synflow"


def test_a_folder_that_is_no_run(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"is no run folder of theoryprune: run.json, mask.safetensors, graph"):
        read_run(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ("{}", "is damaged"),
        ('{"format": "theoryprune run", "schema": 99, "files": {}}', "newer schema"),
        ('{"format": "theoryprune run", "schema": 1, "files": {}}', "is not the file that run.json was written with"),
    ],
)
def test_a_damaged_record_is_refused(tmp_path, run, text, message):
    write_run(tmp_path / "run", run)
    (tmp_path / "run" / RECORD).write_text(text)
    with pytest.raises(FileFormatError, match=message):
        read_run(tmp_path / "run")


def test_files_of_two_runs_do_not_mix(tmp_path, run):
    write_run(tmp_path / "run", run)
    tp.save_mask(tp.Mask({"weight": torch.ones(2, 3, dtype=torch.bool)}), tmp_path / "run" / MASK)
    with pytest.raises(FileFormatError, match=r"is not the file that run.json was written with"):
        read_run(tmp_path / "run")


def test_the_record_is_strict_json(tmp_path, run):
    write_run(tmp_path / "run", run)
    data = json.loads((tmp_path / "run" / RECORD).read_text(), parse_constant=pytest.fail)
    assert list(data)[:2] == ["format", "schema"]
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_run(tmp_path / "bad", Run(run.mask, run.graph, {"x": float("nan")}))
    assert names(tmp_path) == ["run"]


@pytest.mark.parametrize("key", ["method", "versions", "hashes", "arguments"])
def test_a_record_that_lacks_something_is_refused(tmp_path, run, key):
    del run.record[key]
    write_run(tmp_path / "run", run)
    with pytest.raises(FileFormatError, match=rf"run.json' lacks '{key}'; run prune again"):
        read_run(tmp_path / "run")


@pytest.mark.parametrize("key", ["model", "compression", "schedule", "scope", "seed"])
def test_a_record_that_lacks_an_argument_is_refused(tmp_path, run, key):
    del run.record["arguments"][key]
    write_run(tmp_path / "run", run)
    with pytest.raises(FileFormatError, match=rf"run.json' lacks 'arguments.{key}'; run prune again"):
        read_run(tmp_path / "run")
