"""The command reduce: what it prints, what it writes, what it refuses."""

import json
import sys

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.cli.command import run, usable_models
from theoryprune.cli.reductions import BEFORE, CORESETS, GRAPH, PICTURE, SMALL
from theoryprune.coresets import CONSTRUCTIONS


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    usable_models(tmp_path, monkeypatch)
    return tmp_path


def left(folder):
    return sorted(path.name for path in folder.iterdir() if path.name not in {"nets.py", "__pycache__"})


def test_what_it_prints(capfd):
    result = run(capfd, "reduce", "nets.py:shaped", "--params", "0.6")
    assert result.code == 0
    lines = {line.split()[0]: line.split() for line in result.out.splitlines() if line.split()}
    assert {"0", "2", "params", "MACs", "channels"} <= set(lines)
    assert lines["0"][1] == lines["2"][1] == "dense"
    assert "<- chosen" in result.out
    assert "budget: at most 93 params (0.6 of all); reached" in result.out
    text = " ".join(result.out.split())
    assert "Certified for every input, in real arithmetic on the weights as stored: in" in text
    assert "Certified of the output: largest difference of the outputs in [" in text
    assert "Not certified: accuracy; the rounding of the deployed network." in text
    assert result.err == ""


@pytest.mark.parametrize(
    ("budget", "quantity", "limit"),
    [(("--params", "0.5"), "params", 77), (("--macs", "0.5"), "macs", 68), (("--channels", "0.5"), "channels", 8)],
)
def test_size_budgets_are_met_and_counted_after_compaction(capfd, budget, quantity, limit):
    result = run(capfd, "reduce", "nets.py:shaped", *budget, "--json")
    assert result.code == 0, result.err
    assert result.json["budget"]["spent"] == result.json["totals"][quantity]["after"] <= limit
    assert result.json["arguments"][quantity] == 0.5


def test_an_error_budget(capfd):
    result = run(capfd, "reduce", "nets.py:shaped", "--error", "0.5", "--weighting", "relative", "--json")
    assert result.code == 0, result.err
    assert 0 < result.json["budget"]["error"] <= 0.5
    assert result.json["budget"]["weighting"] == "relative"
    assert (
        "budget: error at most 0.5; reached summed error"
        in run(capfd, "reduce", "nets.py:shaped", "--error", "0.5", "--weighting", "relative").out
    )


@pytest.mark.parametrize("method", CONSTRUCTIONS)
def test_every_construction_runs_and_is_in_the_help(capfd, method):
    result = run(capfd, "reduce", "nets.py:shaped", "--params", "0.7", "--method", method, "--effort", "fast", "--json")
    assert result.code == 0, result.err
    assert result.json["method"] == method
    assert method in run(capfd, "reduce", "--help").out.replace("\n", " ")


@pytest.mark.parametrize("how", ["marginal", "global_eps", "absolute_eps", "uniform"])
def test_every_allocator_runs(capfd, how):
    result = run(capfd, "reduce", "nets.py:shaped", "--macs", "0.5", "--how", how, "--json")
    assert result.code == 0, result.err
    assert result.json["budget"]["how"] == how


@pytest.mark.parametrize("given", ["standard", "batchnorm"])
def test_the_law_of_the_inputs(capfd, given):
    args = ("reduce", "nets.py:conv", "--channels", "0.5", "--method", "kernel_fit", "--inputs", given, "--json")
    result = run(capfd, *args)
    assert result.code == 0, result.err
    assert result.json["arguments"]["inputs"] == given


def test_batch_norms_are_kept_or_folded(capfd):
    for option in ((), ("--fold-bn",)):
        args = ("reduce", "nets.py:conv", "--channels", "0.5", "--out", f"run{len(option)}", *option)
        assert run(capfd, *args).code == 0
    kinds = [{layer.kind for layer in tp.load_graph(f"run{i}/small.safetensors").layers} for i in (0, 1)]
    assert "batch_norm" in kinds[0]
    assert "batch_norm" not in kinds[1]


def test_the_bound_of_the_output(capfd):
    args = ("reduce", "nets.py:shaped", "--params", "0.6", "--json", "--radius")
    one, three = (run(capfd, *args, radius).json["end_to_end"] for radius in ("1", "3"))
    assert (float.fromhex(one["radius"]), float.fromhex(three["radius"])) == (1, 3)
    assert 0 < float.fromhex(one["observed"]) <= float.fromhex(one["error"]) < float.fromhex(three["error"])
    assert [share["block"] for share in one["shares"]] == [
        row["group"] for row in run(capfd, *args, "1").json["rows"] if row["after"] < row["before"]
    ]


def test_widths_obey_their_options(capfd):
    args = ("reduce", "nets.py:shaped", "--params", "0.8", "--json")
    rows = run(capfd, *args, "--multiple-of", "4", "--min-keep", "3", "--protect", "4").json["rows"]
    assert [row["after"] for row in rows] == [4, 8]
    assert rows[1]["note"].startswith("protected")
    assert run(capfd, *args, "--multiple-of", "4").json["arguments"]["multiple_of"] == 4


def test_a_folder(capfd, folder):
    result = run(capfd, "reduce", "nets.py:conv", "--params", "0.5", "--out", "run", "--seed", "3")
    assert result.code == 0, result.err
    assert left(folder) == ["run"]
    assert left(folder / "run") == sorted([BEFORE, GRAPH, SMALL, CORESETS, PICTURE, "run.json"])
    assert (
        result.err.split()
        == f"written to run: {', '.join(sorted([BEFORE, PICTURE, GRAPH, CORESETS, SMALL]))}, run.json".split()
    )
    record = json.loads((folder / "run" / "run.json").read_text())
    before, graph, small = (tp.load_graph(folder / "run" / name) for name in (BEFORE, GRAPH, SMALL))
    assert graph.shapes == before.shapes
    assert tp.measures.size(small).total == record["totals"]["params"]["after"] < record["totals"]["params"]["before"]
    x = torch.randn(5, 2, 6, 6)
    torch.testing.assert_close(tp.forward(small, x), tp.forward(graph, x))
    assert len(record["hashes"]["small"]) == 64
    assert record["curve"]["points"][0] == {"spent": 279, "error": 0.0, "widths": [4]}


def test_the_same_call_writes_the_same_bytes(capfd, folder):
    for name in ("a", "b"):
        made = run(capfd, "reduce", "nets.py:shaped", "--macs", "0.5", "--method", "mussay", "--out", name, "--quiet")
        assert (made.code, made.out, made.err) == (0, "", "")
    for name in (BEFORE, GRAPH, SMALL, CORESETS, PICTURE, "run.json"):
        assert (folder / "a" / name).read_bytes() == (folder / "b" / name).read_bytes(), name


def test_without_matplotlib_there_is_no_picture(capfd, folder, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run(capfd, "reduce", "nets.py:shaped", "--params", "0.5", "--out", "run")
    assert result.code == 0
    assert PICTURE not in left(folder / "run")
    assert "no curve.svg: pip install 'theoryprune[bench]' for pictures" in " ".join(result.err.split())
    assert run(capfd, "verify", "run").code == 0


def test_the_record_names_no_path_of_this_machine(capfd, folder):
    torch.save(
        nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 3)).state_dict(), "w.pt"
    )
    args = ("--params", "0.5", "--weights", f"{folder}/w.pt", "--out", f"{folder}/run", "--json")
    result = run(capfd, "reduce", f"{folder}/nets.py:shaped", *args)
    assert result.code == 0, result.err
    assert str(folder) not in result.out
    assert str(folder) not in (folder / "run" / "run.json").read_text()
    assert (result.json["arguments"]["model"], result.json["arguments"]["weights"]) == ("nets.py:shaped", "w.pt")


BAD = {
    "params 0": (("--params", "0"), 2, "params must be in (0, 1], got 0"),
    "params 50": (("--params", "50"), 2, "did you mean 0.5?"),
    "macs nan": (("--macs", "nan"), 2, "macs must be in (0, 1], got nan"),
    "error -1": (("--error", "-1"), 2, "error must be finite and at least 0"),
    "no budget": ((), 2, "--params, --macs, --channels, --error"),
    "two budgets": (("--params", "0.5", "--error", "1"), 2, "not allowed together"),
    "unknown method": (("--params", "0.5", "--method", "magic"), 2, "method must be one of merge, kernel_fit"),
    "unknown allocator": (("--params", "0.5", "--how", "magic"), 2, "--how"),
    "protect nothing": (("--params", "0.5", "--protect", "head"), 2, "'head' matches no"),
    "protect all": (("--params", "0.5", "--protect", "*"), 1, "no channel can be removed"),
    "out of reach": (("--params", "0.01"), 1, "out of reach; the smallest network has"),
    "multiple of 0": (("--params", "0.5", "--multiple-of", "0"), 2, "multiple_of must be at least 1, got 0"),
    "min keep 0": (("--params", "0.5", "--min-keep", "0"), 2, "min_keep must be at least 1, got 0"),
    "radius -1": (("--params", "0.5", "--radius", "-1"), 2, "radius must be at least 0"),
    "missing weights": (("--params", "0.5", "--weights", "none.pt"), 2, "there is no file 'none.pt'"),
    "a folder in use": (("--params", "0.5", "--out", "."), 2, "holds other files"),
    "seed -1": (("--params", "0.5", "--method", "random", "--seed", "-1"), 2, "seed must not be negative, got -1"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_error_and_nothing_is_written(capfd, folder, case):
    args, code, message = BAD[case]
    out = () if "--out" in args else ("--out", "run")
    result = run(capfd, "reduce", "nets.py:shaped", *args, *out)
    assert result.code == code, result.err
    assert message in result.err
    assert "Traceback" not in result.err
    assert result.out == ""
    assert left(folder) == []


def test_a_budget_out_of_reach_names_the_option(capfd):
    assert "--params 0." in run(capfd, "reduce", "nets.py:shaped", "--params", "0.01").err


@pytest.mark.parametrize(("given", "said"), [("on", "mean in the bias"), ("off", ""), (None, "mean in the bias")])
def test_biases_that_make_up_for_means(capfd, given, said):
    option = () if given is None else ("--bias-correction", given)
    args = ("reduce", "nets.py:conv", "--channels", "0.5", "--method", "kernel_fit", "--out", "run", *option)
    result = run(capfd, *args, "--json")
    assert result.code == 0, result.err
    assert result.json["arguments"]["bias_correction"] == given
    assert said in {row["mean"] for row in result.json["rows"]}
    assert run(capfd, "verify", "run").code == 0
    assert ("mean in the bias" in run(capfd, "show", "run").out.replace("\n", " ")) == bool(said)
