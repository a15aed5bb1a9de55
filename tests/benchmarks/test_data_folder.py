import pytest

import theoryprune as tp
from benchmarks.data_folder import VARIABLE, require_data


def test_the_variable_names_the_folder(tmp_path, monkeypatch):
    (tmp_path / "set").mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert require_data("set", "the set") == tmp_path / "set"


def test_an_argument_comes_first(tmp_path, monkeypatch):
    (tmp_path / "set").touch()
    monkeypatch.setenv(VARIABLE, "/nowhere")
    assert require_data("set", "the set", tmp_path) == tmp_path / "set"


def test_what_is_missing_is_said(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(tp.DataError, match=r"the set is not there: set THEORYPRUNE_DATA to a folder .* as a/b"):
        require_data("a/b", "the set")
    with pytest.raises(tp.DataError, match=f"the set is not there: put it at {tmp_path / 'a/b'}"):
        require_data("a/b", "the set", tmp_path)
