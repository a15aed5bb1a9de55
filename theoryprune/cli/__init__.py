"""The command `theoryprune`: prune or reduce a model, show what came out, check its certificate, cite what was used."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import tyro

from theoryprune.cli.cite import Cite
from theoryprune.cli.output import complain
from theoryprune.cli.prune import Prune
from theoryprune.cli.reduce import Reduce
from theoryprune.cli.show import Show
from theoryprune.cli.target import importable
from theoryprune.cli.verify import Verify
from theoryprune.errors import TheoryPruneError

_Command = (
    Annotated[Prune, tyro.conf.subcommand("prune")]
    | Annotated[Reduce, tyro.conf.subcommand("reduce")]
    | Annotated[Show, tyro.conf.subcommand("show")]
    | Annotated[Verify, tyro.conf.subcommand("verify")]
    | Annotated[Cite, tyro.conf.subcommand("cite")]
)

_DESCRIPTION = """Prune neural networks by theory, without data.

Results go to stdout, progress and errors to stderr. Exit codes: 0 done; 1 refused (an unsupported layer, a collapse, a
damaged or foreign file, a certificate that
does not hold); 2 a mistake in the call (a bad argument, a missing file); 130 interrupted; 141 a broken
pipe, nobody reads the results any more."""


def main(args: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Parameters
    ----------
    args : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        0 done; 1 refused by the package (`TheoryPruneError`); 2 a mistake in the call; 130 interrupted; 141 nobody
        reads stdout any more. Anything else that is raised is a mistake in the package or in the user's model, and
        keeps its traceback.
    """
    try:
        try:
            return _run(args)
        finally:  # also where tyro ends the process after the help
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter flushes, and fails, again
        return 141


def _run(args: Sequence[str] | None) -> int:
    """Parse the arguments and execute the command."""
    command = tyro.cli(
        _Command,
        prog="theoryprune",
        description=_DESCRIPTION,
        args=args,
        config=(tyro.conf.FlagCreatePairsOff, tyro.conf.DisallowNone),
    )
    try:
        with importable(os.getcwd()):
            command.run()
    except TheoryPruneError as error:
        complain(error)
        return 1
    except (ValueError, FileNotFoundError, FileExistsError, NotADirectoryError, PermissionError) as error:
        complain(error)
        return 2
    except KeyboardInterrupt as error:
        complain(KeyboardInterrupt("interrupted; nothing was written") if not error.args else error)
        return 130
    return 0
