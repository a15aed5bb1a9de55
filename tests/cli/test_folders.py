"""Folders come into being whole or not at all, and say what they hold."""

import json

import pytest

from theoryprune.cli import folders
from theoryprune.cli.folders import RECORD, check_free, check_hash, file_hash, kind_of, read_record, write_folder
from theoryprune.errors import FileFormatError


def filled(text):
    def fill(folder):
        (folder / "curve.svg").write_text(text)
        folders.write_record(folder, "reduction", {"number": 1}, {"curve.svg": file_hash(folder / "curve.svg")})

    return fill


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_is_read(tmp_path):
    write_folder(tmp_path / "run", filled("a"))
    assert names(tmp_path) == ["run"]
    assert kind_of(tmp_path / "run") == "reduction"
    record = read_record(tmp_path / "run", "reduction", ["curve.svg"])
    assert (record["schema"], record["number"]) == (1, 1)
    check_hash(tmp_path / "run" / "curve.svg", record["files"])
    (tmp_path / "run" / "curve.svg").write_text("b")
    with pytest.raises(FileFormatError, match=r"is not the file that run.json was written with"):
        check_hash(tmp_path / "run" / "curve.svg", record["files"])


def test_a_folder_with_other_files_is_never_replaced(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    for force in (False, True):
        with pytest.raises(FileExistsError, match=r"holds other files \(thesis.tex\)"):
            write_folder(tmp_path, filled("a"), force=force)
    assert names(tmp_path) == ["thesis.tex"]


def test_a_file_or_a_missing_parent_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError, match="is a file; name a folder"):
        check_free(tmp_path / "file", force=True)
    with pytest.raises(FileNotFoundError, match="does not exist; create it first"):
        check_free(tmp_path / "a" / "b", force=False)


def test_a_run_of_another_kind_is_replaced_by_force_only(tmp_path):
    write_folder(tmp_path / "run", filled("a"))
    with pytest.raises(FileExistsError, match=r"holds a run already; .* --force"):
        write_folder(tmp_path / "run", filled("b"))
    write_folder(tmp_path / "run", lambda folder: (folder / RECORD).write_text("{}"), force=True)
    assert names(tmp_path / "run") == [RECORD]
    assert kind_of(tmp_path / "run") == kind_of(tmp_path) == ""


def test_the_old_run_stays_if_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    write_folder(tmp_path / "run", filled("a"))
    replace = folders.os.replace

    def fail(source, target):
        if str(source).endswith(".tmp") and str(target).endswith("run"):
            raise OSError("busy")
        replace(source, target)

    monkeypatch.setattr(folders.os, "replace", fail)
    with pytest.raises(OSError, match="busy"):
        write_folder(tmp_path / "run", filled("b"), force=True)
    assert names(tmp_path) == ["run"]
    assert (tmp_path / "run" / "curve.svg").read_text() == "a"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 99}, "newer schema"),
        ({"format": "theoryprune run"}, "is of a 'theoryprune run', not of a theoryprune reduction"),
        ({"files": 3}, "is damaged"),
    ],
)
def test_records_of_other_kinds(tmp_path, change, message):
    write_folder(tmp_path / "run", filled("a"))
    path = tmp_path / "run" / RECORD
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(FileFormatError, match=message):
        read_record(tmp_path / "run", "reduction", [])


def test_missing_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no run folder of theoryprune: run.json, small.safetensors not found"):
        read_record(tmp_path, "reduction", ["small.safetensors"])


def test_a_damaged_record_is_told_before_missing_files(tmp_path):
    write_folder(tmp_path / "run", filled("a"))
    with pytest.raises(FileNotFoundError, match=r"is no whole run folder: mask.safetensors not found in it; run again"):
        read_record(tmp_path / "run", "reduction", ["mask.safetensors"])
    (tmp_path / "run" / RECORD).write_text("{")
    with pytest.raises(FileFormatError, match="is damaged"):
        read_record(tmp_path / "run", "run", ["mask.safetensors"])
