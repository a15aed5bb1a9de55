import json
import os
import subprocess
import sys

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.architecture.source import ROOT
from tests.cli.command import run, usable_models
from theoryprune.measures import kept_count


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    usable_models(tmp_path, monkeypatch)
    return tmp_path


def left(folder):
    """What lies in the folder besides the models."""
    return sorted(path.name for path in folder.iterdir() if path.name not in {"nets.py", "__pycache__"})


@pytest.mark.parametrize(
    ("amount", "density"),
    [(("--density", "0.25"), 0.25), (("--sparsity", "0.9"), 0.1), (("--compression", "10"), 0.1)],
)
def test_amounts(capfd, amount, density):
    result = run(capfd, "prune", "nets.py:shaped", *amount, "--json")
    assert result.code == 0
    assert result.json["summary"]["size"]["kept"] == kept_count(density, 136)


@pytest.mark.parametrize("method", ["synflow", "magnitude", "random", "erk", "uniform"])
def test_every_method_of_the_help_runs(capfd, method):
    result = run(capfd, "prune", "nets.py:conv", "--density", "0.3", "--method", method, "--json")
    assert result.code == 0
    assert result.json["method"] == method
    assert result.json["summary"]["size"]["kept"] == kept_count(0.3, 264)


def test_a_run_folder(capfd, folder):
    result = run(capfd, "prune", "nets.py:conv", "--density", "0.1", "--out", "run", "--steps", "7", "--seed", "3")
    assert result.code == 0
    assert left(folder) == ["run"]
    assert "total" in result.out
    assert "kept 27 of 264 weights" in result.out
    assert result.err.strip() == "written to run: mask.safetensors, graph.safetensors, run.json, proof.safetensors"
    record = json.loads((folder / "run" / "run.json").read_text())
    mask, sparse = tp.load_mask("run/mask.safetensors"), tp.load_graph("run/graph.safetensors")
    assert record["hashes"]["mask"] == mask.sha256
    assert record["arguments"]["schedule"] == "exponential(7)"
    assert [row["iteration"] for row in record["trace"]] == [1, 2, 3, 4, 5, 6, 7]
    assert record["trace"][-1]["kept_after"] == mask.kept == 27
    assert record["summary"]["size"]["kept"] == sum(int(w.count_nonzero()) for w in sparse.weights.values())
    assert set(record["versions"]) == {"theoryprune", "python", "torch", "numpy", "safetensors"}
    assert float.fromhex(record["trace"][0]["flow"]) > 0


def test_a_model_in_train_mode_and_half_precision_is_welcome(capfd):
    assert run(capfd, "prune", "nets.py:Half", "--density", "0.5", "--out", "run").code == 0
    assert tp.load_graph("run/graph.safetensors").dtype == torch.float16
    assert tp.load_mask("run/mask.safetensors").kept == 6


def test_the_same_call_writes_the_same_bytes(capfd, folder):
    for name in ("a", "b"):
        assert run(capfd, "prune", "nets.py:shaped", "--density", "0.3", "--out", name, "--quiet").code == 0
    for name in ("mask.safetensors", "graph.safetensors", "run.json"):
        assert (folder / "a" / name).read_bytes() == (folder / "b" / name).read_bytes()


def test_the_record_names_no_path_of_this_machine(capfd, folder):
    torch.save(nn.Linear(4, 3).state_dict(), folder / "w.pt")
    spec, weights = f"{folder}/nets.py:Shaped", f"{folder}/w.pt"
    result = run(capfd, "prune", spec, "--density", "0.5", "--weights", weights, "--out", f"{folder}/run", "--json")
    assert result.code == 0
    assert str(folder) not in result.out
    assert str(folder) not in (folder / "run" / "run.json").read_text()
    assert result.json["arguments"]["model"] == "nets.py:Shaped"
    assert result.json["arguments"]["weights"] == "w.pt"
    assert len(result.json["hashes"]["weights"]) == 64


def test_weights_and_protection_are_used(capfd, folder):
    weights = {"weight": torch.arange(12.0).reshape(3, 4), "bias": torch.zeros(3)}
    torch.save(weights, folder / "w.pt")
    args = ("nets.py:Shaped", "--density", "0.25", "--method", "magnitude", "--weights", "w.pt", "--out", "run")
    assert run(capfd, "prune", *args).code == 0
    assert tp.load_mask("run/mask.safetensors").keep["weight"].flatten().nonzero().flatten().tolist() == [9, 10, 11]
    protected = run(capfd, "prune", "nets.py:shaped", "--density", "0.5", "--protect", "4", "0*", "--json").json
    assert protected["summary"]["size"]["prunable"] == 64
    assert [row["reason"] for row in protected["summary"]["rows"]] == ["protected", "", "protected"]


def test_quiet_prints_nothing_and_json_only_json(capfd):
    quiet = run(capfd, "prune", "nets.py:shaped", "--density", "0.5", "--quiet", "--out", "a")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    both = run(capfd, "prune", "nets.py:shaped", "--density", "0.5", "--quiet", "--json")
    assert both.json["summary"]["size"]["kept"] == 68
    assert both.err == ""


def test_a_collapse_is_an_error_or_a_report(capfd, folder):
    args = ("prune", "nets.py:shaped", "--density", "0.008", "--method", "random", "--out", "run")
    failed = run(capfd, *args)
    assert failed.code == 1
    assert "no input reaches an output" in failed.err
    assert "--scope layer" in failed.err
    assert "--on-collapse report" in failed.err
    assert left(folder) == []
    told = run(capfd, *args, "--on-collapse", "report")
    assert told.code == 0
    assert "collapsed: no path leads from the input to the output" in told.out
    assert json.loads((folder / "run" / "run.json").read_text())["collapsed_at"] == 1


BAD = {
    "density 0": (("--density", "0"), 2, "density must be in (0, 1], got 0"),
    "density 1.5": (("--density", "1.5"), 2, "density must be in (0, 1], got 1.5"),
    "density 95": (("--density", "95"), 2, "did you mean 0.95?"),
    "density nan": (("--density", "nan"), 2, "density must be in (0, 1], got nan"),
    "density text": (("--density", "half"), 2, "--density"),
    "sparsity 1": (("--sparsity", "1"), 2, "sparsity must be in [0, 1), got 1"),
    "sparsity 95": (("--sparsity", "95"), 2, "did you mean 0.95?"),
    "compression 0.05": (("--compression", "0.05"), 2, "did you mean 20"),
    "compression inf": (("--compression", "inf"), 2, "compression must be finite"),
    "no amount": ((), 2, "--density, --sparsity, --compression"),
    "two amounts": (("--density", "0.1", "--sparsity", "0.9"), 2, "not allowed together"),
    "unknown method": (("--density", "0.5", "--method", "magic"), 2, "method must be one of synflow, synflow_l2"),
    "unknown schedule": (("--density", "0.5", "--schedule", "magic"), 2, "--schedule"),
    "no steps": (("--density", "0.5", "--steps", "0"), 2, "steps must be at least 1, got 0"),
    "steps of one_shot": (("--density", "0.5", "--schedule", "one_shot", "--steps", "3"), 2, "has a single step"),
    "protect nothing": (("--density", "0.5", "--protect", "head"), 2, "'head' matches no prunable layer"),
    "protect all": (("--density", "0.5", "--protect", "*"), 1, "protect"),
    "shape that does not fit": (("--density", "0.5", "--shape", "7"), 2, "fails on a batch of shape (n, 7)"),
    "no shape": (("--density", "0.5", "--shape", "a"), 2, "shape must be positive integers"),
    "missing weights": (("--density", "0.5", "--weights", "none.pt"), 2, "there is no file 'none.pt'"),
    "corrupt weights": (("--density", "0.5", "--weights", "corrupt.safetensors"), 1, "no safetensors file"),
    "weights of another model": (("--density", "0.5", "--weights", "other.pt"), 1, "checkpoint of another model"),
    "a file for a folder": (("--density", "0.5", "--out", "nets.py"), 2, "is a file"),
    "a missing folder": (("--density", "0.5", "--out", "a/b"), 2, "does not exist"),
    "a folder in use": (("--density", "0.5", "--out", "."), 2, "holds other files"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_error_and_nothing_is_written(capfd, folder, case):
    args, code, message = BAD[case]
    (folder / "corrupt.safetensors").write_bytes(b"not a checkpoint")
    torch.save(nn.Linear(3, 3).state_dict(), folder / "other.pt")
    before = left(folder)
    out = () if "--out" in args else ("--out", "run")
    result = run(capfd, "prune", "nets.py:shaped", *args, *out)
    assert result.code == code
    assert message in result.err
    assert "Traceback" not in result.err
    assert result.out == ""
    assert left(folder) == before


@pytest.mark.parametrize(
    ("model", "code", "message"),
    [
        ("nets.py:Strange", 1, "Strange cannot be turned into a weight graph"),
        ("nets.py:net", 2, "--shape 3,32,32, or set the attribute example_shape"),
        ("nets.py:number", 2, "neither a model nor a function"),
        ("none.py:net", 2, "there is no file"),
        ("nets", 2, "model must be"),
    ],
)
def test_bad_models_are_one_clear_error(capfd, folder, model, code, message):
    result = run(capfd, "prune", model, "--density", "0.5", "--out", "run")
    assert (result.code, result.out) == (code, "")
    assert message in result.err
    assert left(folder) == []


def test_a_mistake_in_the_users_model_keeps_its_traceback(capfd):
    with pytest.raises(RuntimeError, match="raised ValueError") as caught:
        run(capfd, "prune", "nets.py:raises", "--density", "0.5", "--shape", "3")
    assert "the user's own mistake" in str(caught.value.__cause__)


def test_the_command_runs_as_a_process(folder):
    command = [sys.executable, "-m", "theoryprune", "prune", "nets:shaped", "--compression", "4", "--json"]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["summary"]["size"]["kept"] == 34
