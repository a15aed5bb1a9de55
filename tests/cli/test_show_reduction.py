"""How a reduction is printed, by reduce and by show."""

import pytest

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
