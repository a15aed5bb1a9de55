import pytest

import theoryprune as tp
from tests.cli.command import run, usable_models


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    usable_models(tmp_path, monkeypatch)
    return tmp_path


def test_names(capfd):
    result = run(capfd, "cite", "synflow", "resnet")
    assert (result.code, result.out, result.err) == (0, tp.cite("synflow", "resnet") + "\n", "")
    assert run(capfd, "cite").out == tp.cite() + "\n"


def test_a_run_names_its_method_and_schedule(capfd):
    run(capfd, "prune", "nets.py:shaped", "--density", "0.5", "--method", "erk", "--out", "run", "--quiet")
    assert run(capfd, "cite", "run").out == tp.cite("erk") + "\n"
    assert run(capfd, "cite", "run", "--json").json == {"names": ["erk"], "bibtex": tp.cite("erk")}


def test_quiet(capfd):
    assert run(capfd, "cite", "synflow", "--quiet").out == ""


def test_an_unknown_name(capfd):
    result = run(capfd, "cite", "synflo")
    assert (result.code, result.out) == (2, "")
    assert "no citation for 'synflo'; known are synflow" in result.err


def test_a_folder_that_is_no_run(capfd):
    assert run(capfd, "cite", ".").code == 2
