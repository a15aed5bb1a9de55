import os
import subprocess
import sys

import pytest

from tests.architecture.source import ROOT
from tests.cli.command import run
from theoryprune import cli
from theoryprune.errors import BudgetError


def test_no_command_and_unknown_commands_are_usage_errors(capfd):
    for args in ((), ("magic",), ("prune",), ("show", "x", "--magic")):
        result = run(capfd, *args)
        assert (result.code, result.out) == (2, "")
        assert result.err


@pytest.mark.parametrize(
    ("error", "code"),
    [(BudgetError("x"), 1), (ValueError("x"), 2), (FileNotFoundError("x"), 2), (KeyboardInterrupt(), 130)],
)
def test_exit_codes(capfd, monkeypatch, error, code):
    def fail(self):
        raise error

    monkeypatch.setattr(cli.Cite, "run", fail)
    result = run(capfd, "cite")
    assert (result.code, result.out) == (code, "")
    assert result.err.startswith("theoryprune: error: ")


def test_what_nobody_expected_keeps_its_traceback(capfd, monkeypatch):
    def fail(self):
        raise ZeroDivisionError

    monkeypatch.setattr(cli.Cite, "run", fail)
    with pytest.raises(ZeroDivisionError):
        run(capfd, "cite")


@pytest.mark.parametrize(
    "args",
    [("cite",), *(pytest.param(args, marks=pytest.mark.slow) for args in (("cite", "--json"), ("prune", "--help")))],
)
def test_a_broken_pipe_ends_quietly(args):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "theoryprune", *args]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, cwd=ROOT)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")
