"""How a reduction is printed, by reduce and by show."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from tests.cli.command import run, usable_models
from theoryprune.cli.reductions import read_reduction
from theoryprune.cli.show_reduction import reduction_heading, reduction_parts


@pytest.fixture(autouse=True)
def printed(tmp_path, monkeypatch, capfd):
    usable_models(tmp_path, monkeypatch)
    made = run(capfd, "reduce", "nets.py:shaped", "--macs", "0.5", "--out", "run")
    assert made.code == 0, made.err
    return made.out


def test_show_prints_what_reduce_printed(capfd, printed):
    result = run(capfd, "show", "run")
    assert (result.code, result.err) == (0, "")
    assert result.out == f"nets.py:shaped: merge, marginal, macs 0.5, seed 0\n\n{printed}"


def test_the_parts():
    run = read_reduction_here()
    assert reduction_heading(run).startswith("nets.py:shaped: merge, marginal, macs 0.5, seed 0")
    assert "budget: at most 68 macs" in [part for part in reduction_parts(run) if isinstance(part, str)][1]


def test_show_as_json_is_the_record(capfd):
    assert run(capfd, "show", "run", "--json").json == read_reduction_here().record
    assert run(capfd, "show", "run", "--quiet").out == ""


def test_show_takes_neither_weights_nor_shape(capfd):
    result = run(capfd, "show", "run", "--shape", "6")
    assert result.code == 2
    assert "is a run folder, which has its own weights and shape: leave both out" in result.err


def test_cite_names_the_construction(capfd):
    assert "nemhauser1978analysis" in run(capfd, "cite", "run").out


def read_reduction_here():
    from pathlib import Path

    return read_reduction(Path("run"))


def test_notes_name_the_options_of_the_command(capfd, tmp_path):
    text = (tmp_path / "nets.py").read_text()
    residual = """

class Residual(nn.Module):
    example_shape = (2, 6, 6)

    def __init__(self):
        super().__init__()
        self.stem, self.a, self.b = nn.Conv2d(2, 4, 3), nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.head = nn.Linear(64, 3)

    def forward(self, x):
        x = self.stem(x).relu()
        x = (x + self.b(self.a(x).relu())).relu()
        return self.head(x.flatten(1))
"""
    (tmp_path / "nets.py").write_text(text + residual)
    result = run(capfd, "reduce", "nets.py:Residual", "--params", "0.9", "--effort", "fast")
    assert result.code == 0, result.err
    assert "a residual stream (--streams reduces it)" in " ".join(result.out.split())


def test_narrow_terminals_get_fewer_columns_and_whole_names():
    kept = read_reduction_here()
    for width, gone in ((120, ""), (72, "last, next"), (62, "kind, last, next")):
        console = Console(file=io.StringIO(), width=width, color_system=None)
        console.print(next(reduction_parts(kept)))
        text = console.file.getvalue()
        assert (f"not shown here: {gone} (make" in text) == bool(gone), text
        assert "…" not in text
        for row in kept.reduction.layers:
            assert any(line.startswith(f"{row.group} ") for line in text.splitlines())


def test_the_heading_names_the_options_that_change_the_network():
    run = read_reduction_here()
    given = run.record["arguments"] | {
        "bias_correction": "on",
        "multiple_of": 8,
        "fold_bn": True,
        "protect": ["a", "b*"],
    }
    changed = replace(run, record=run.record | {"arguments": given})
    assert "fold-bn, bias-correction on, multiple-of 8, protect a b*, seed 0" in reduction_heading(changed)
