import json
import sys

from rich.table import Table

from theoryprune.cli.output import complain, say, show, show_json, show_plain


def test_results_go_to_stdout_and_remarks_to_stderr(capfd):
    table = Table("a")
    table.add_row("1")
    show("text", table)
    show_plain("x [red]y")
    say("remark [bold]")
    complain(ValueError("wrong [value]"))
    complain(ValueError("raise it with scope='layer'"))
    out, err = capfd.readouterr()
    assert "text" in out
    assert "x [red]y" in out
    assert "theoryprune: error: raise it with --scope layer" in err
    assert err.splitlines()[:2] == ["remark [bold]", "theoryprune: error: wrong [value]"]


def test_a_pipe_is_wide_enough_for_the_tables(capfd):
    assert not sys.stdout.isatty()
    show("x" * 119 + " y")
    assert capfd.readouterr().out.splitlines()[0].rstrip() == "x" * 119


def test_an_error_stays_on_one_line_whatever_its_length(capfd):
    complain(ValueError("word " * 100))
    assert len(capfd.readouterr().err.splitlines()) == 1


def test_json_is_one_document(capfd):
    show_json({"a": [1, 0.1]})
    assert json.loads(capfd.readouterr().out) == {"a": [1, 0.1]}
