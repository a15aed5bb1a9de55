"""Folders of reductions: what is written is read, and files of two of them do not mix."""

import functools

import pytest
import torch

import theoryprune as tp
from tests.coresets.nets import model_graph
from theoryprune.cli import reductions
from theoryprune.cli.folders import RECORD, file_hash
from theoryprune.cli.reductions import (
    BEFORE,
    CORESETS,
    GRAPH,
    PICTURE,
    SMALL,
    ReductionRun,
    read_reduction,
    write_reduction,
)
from theoryprune.coresets import Budget, reduce
from theoryprune.errors import FileFormatError
from theoryprune.graph.container import write
from theoryprune.graph.hashing import graph_sha256


@functools.cache
def made(budget=0.5):
    result = reduce(model_graph("digits_mlp", torch.float32), Budget(params=budget), effort="fast")
    return ReductionRun(result, result.small, {"arguments": {}})


def test_what_is_written_is_read(tmp_path):
    run = made()
    files = write_reduction(tmp_path / "run", run)
    assert files == [BEFORE, PICTURE, GRAPH, CORESETS, SMALL, RECORD]
    back = read_reduction(tmp_path / "run")
    first, second = run.reduction, back.reduction
    for one, other in ((first.before, second.before), (first.graph, second.graph), (run.small, back.small)):
        assert graph_sha256(one) == graph_sha256(other)
    assert back.reduction.plan.explain() == run.reduction.plan.explain()
    assert back.reduction.widths == run.reduction.widths
    assert back.record["files"][SMALL] == file_hash(tmp_path / "run" / SMALL)


@pytest.mark.parametrize("failing", ["save_graph", "write", "plot_curve", "write_record"])
def test_nothing_is_written_half(tmp_path, monkeypatch, failing):
    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr(reductions, failing, fail)
    with pytest.raises(OSError, match="disk full"):
        write_reduction(tmp_path / "run", made())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [BEFORE, GRAPH, SMALL, CORESETS])
def test_files_of_two_reductions_do_not_mix(tmp_path, name):
    write_reduction(tmp_path / "a", made(0.5))
    write_reduction(tmp_path / "b", made(0.4))
    if name == BEFORE:
        other = model_graph("digits_mlp", torch.float32, seed=1)
        tp.save_graph(other, tmp_path / "b" / BEFORE)
    (tmp_path / "a" / name).write_bytes((tmp_path / "b" / name).read_bytes())
    with pytest.raises(FileFormatError, match=rf"{name}' is not the file that run\.json was written with"):
        read_reduction(tmp_path / "a")


@pytest.mark.parametrize("name", [BEFORE, GRAPH, SMALL, CORESETS])
def test_a_missing_file_is_named(tmp_path, name):
    write_reduction(tmp_path / "a", made())
    (tmp_path / "a" / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"{name} not found in it"):
        read_reduction(tmp_path / "a")


@pytest.mark.parametrize("header", [{}, {"coresets": 1, "plan": 2}, {"coresets": {"record": "x"}, "plan": {}}])
def test_a_file_that_holds_no_reduction(tmp_path, header):
    write_reduction(tmp_path / "a", made())
    write(tmp_path / "a" / CORESETS, "reduction", header, {})
    record = (tmp_path / "a" / RECORD).read_text()
    stated = read_reduction_hash(record, CORESETS)
    (tmp_path / "a" / RECORD).write_text(record.replace(stated, file_hash(tmp_path / "a" / CORESETS)))
    with pytest.raises(FileFormatError, match="run reduce again"):
        read_reduction(tmp_path / "a")


def read_reduction_hash(record, name):
    return record.split(f'"{name}": "')[1][:64]
