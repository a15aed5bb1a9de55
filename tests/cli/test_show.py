import json

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.cli.command import run, usable_models
from theoryprune.cli.show import groups_table, records_table
from theoryprune.reports.table import render_text


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    usable_models(tmp_path, monkeypatch)
    return tmp_path


def graph():
    net = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3))
    return tp.extract(net, (2, 6, 6))


def test_the_graph_is_a_row_per_record():
    text = render_text(records_table(graph()))
    assert "batch_norm" in text
    assert "4x4x4" in text
    assert "input 2x6x6, torch.float32, output of '4'" in text
    row = next(line for line in text.splitlines() if line.startswith("1 "))
    assert row.split() == ["1", "batch_norm", "0", "4x4x4", "8"]


def test_the_groups_say_what_can_go():
    text = render_text(groups_table(tp.channel_groups(graph())))
    lines = {line.split()[0]: line for line in text.splitlines() if line and line[0] in "<04"}
    assert "no: input or output" in lines["<input>"]
    assert lines["0"].split()[:3] == ["0", "4", "yes"]
    assert "0, 1, 4" in lines["0"]


def test_a_model(capfd):
    result = run(capfd, "show", "nets.py:conv")
    assert result.code == 0
    assert all(part in result.out for part in ("Graph", "Channels pruned together", "total", "parameters: 279"))
    data = run(capfd, "show", "nets.py:conv", "--json").json
    assert [record["kind"] for record in data["graph"]["records"]] == [
        "conv",
        "batch_norm",
        "relu",
        "flatten",
        "linear",
    ]
    assert data["graph"]["input_shape"] == [2, 6, 6]
    assert data["channel_groups"][1] == {"name": "0", "channels": 4, "removable": True, "layers": ["0", "1", "4"]}
    assert data["summary"]["macs"] == 72 * 16 + 192
    assert data["run"] is None


def test_a_model_with_a_shape_and_weights(capfd, folder):
    torch.save(nn.Linear(4, 3).state_dict(), folder / "w.pt")
    assert run(capfd, "show", "nets.py:Shaped", "--weights", "w.pt", "--shape", "4", "--quiet").code == 0
    assert run(capfd, "show", "nets.py:shaped", "--weights", "w.pt").code == 1


def test_a_run(capfd):
    run(capfd, "prune", "nets.py:conv", "--compression", "8", "--protect", "4", "--out", "run", "--quiet")
    result = run(capfd, "show", "run")
    assert result.code == 0
    assert result.out.startswith("nets.py:conv: synflow, adaptive(0.99), global, compression 8.0, seed 0")
    assert "protected" in result.out
    data = run(capfd, "show", "run/", "--json").json
    assert data["summary"]["size"] == {"total": 279, "prunable": 72, "kept": 9}
    assert data["run"]["method"] == "synflow"


def test_a_run_without_sparsity(capfd):
    run(capfd, "prune", "nets.py:shaped", "--sparsity", "0", "--out", "run", "--quiet")
    result = run(capfd, "show", "run")
    assert result.code == 0
    assert "sparsity 0.0, seed 0" in result.out


def test_a_record_without_its_method_is_refused(capfd, folder):
    run(capfd, "prune", "nets.py:shaped", "--density", "0.5", "--out", "run", "--quiet")
    record = json.loads((folder / "run" / "run.json").read_text())
    del record["method"]
    (folder / "run" / "run.json").write_text(json.dumps(record))
    for command in ("show", "cite"):
        result = run(capfd, command, "run")
        assert (result.code, result.out) == (1, "")
        assert "run.json' lacks 'method'; run prune again" in result.err


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("nowhere",), 2, "'nowhere' is neither a run folder nor a model"),
        ((".",), 2, "is no run folder of theoryprune: run.json"),
        (("run", "--shape", "3"), 2, "has its own weights and shape"),
        (("nets.py:net",), 2, "--shape 3,32,32, or set the attribute"),
    ],
)
def test_bad_targets(capfd, args, code, message):
    run(capfd, "prune", "nets.py:shaped", "--density", "0.5", "--out", "run", "--quiet")
    result = run(capfd, "show", *args)
    assert (result.code, result.out) == (code, "")
    assert message in result.err


@pytest.mark.parametrize("name", ["mask.safetensors", "graph.safetensors"])
def test_a_corrupt_run_is_refused(capfd, folder, name):
    run(capfd, "prune", "nets.py:shaped", "--density", "0.5", "--out", "run", "--quiet")
    path = folder / "run" / name
    path.write_bytes(path.read_bytes()[:-3] + b"xyz")
    result = run(capfd, "show", "run")
    assert (result.code, result.out) == (1, "")
    assert "the file is damaged" in result.err
