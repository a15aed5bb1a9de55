import pytest

from tests.cli.command import run
from theoryprune.cli import options


def test_every_command_explains_itself(capfd):
    top = run(capfd, "--help")
    assert top.code == 0
    assert "Exit codes: 0 done; 1 refused" in top.out
    assert "141 a broken pipe" in top.out
    assert all(command in top.out for command in ("prune", "reduce", "show", "verify", "cite"))


@pytest.mark.parametrize("command", ["prune", "reduce", "show", "verify", "cite"])
def test_the_help_shows_placeholders_and_no_empty_defaults(capfd, command):
    result = run(capfd, command, "--help")
    assert result.code == 0
    assert "None" not in result.out
    assert "(default: )" not in result.out
    assert "--no-json" not in result.out


def test_the_amounts_are_one_group(capfd):
    text = run(capfd, "prune", "--help").out
    assert "how much to keep (exactly one)" in text
    assert text.count("NUMBER") == 3
    assert options.NUMBER.metavar == "NUMBER"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("scope='layer', protect=... for these", "--scope layer, --protect for these"),
        ("or on_collapse='report' to go on", "or --on-collapse report to go on"),
        ("schedule=adaptive(), density=0.0123 or more", "--schedule adaptive, --density 0.0123 or more"),
        ("guard='layer' keeps", "--guard layer keeps"),
        ("a stream (streams=True reduces it)", "a stream (--streams reduces it)"),
        ("(end_to_end=True asks for it)", "(--end-to-end asks for it)"),
        ("Budget(params=0.1): Ask for params=0.2 at least", "Budget(params=0.1): Ask for --params 0.2 at least"),
        ("seed='3', microscope='layer'", "seed='3', microscope='layer'"),
    ],
)
def test_messages_name_the_options_of_the_command(message, told):
    assert options.as_options(message) == told
