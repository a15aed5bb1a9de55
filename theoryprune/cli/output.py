"""Where the command writes: results to stdout, everything else to stderr."""

from __future__ import annotations

import json
import shutil
import sys
from typing import Any

from rich.console import Console, RenderableType
from rich.markup import escape

from theoryprune.cli.options import as_options

_PIPE_WIDTH = 120


def show(*parts: RenderableType) -> None:
    """Print results to stdout: as wide as the terminal, or 120 columns where there is none."""
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    console = Console(file=sys.stdout, width=width, highlight=False, markup=False)
    with console.capture() as capture:  # Console's own way with a broken pipe is to exit with 1
        for part in parts:
            console.print(part)
    sys.stdout.write(capture.get())


def show_plain(text: str) -> None:
    """Print text to stdout as it is, for a file to take it."""
    sys.stdout.write(f"{text}\n")


def show_json(data: dict[str, Any]) -> None:
    """Print one JSON document to stdout."""
    sys.stdout.write(json.dumps(data, indent=2, allow_nan=False) + "\n")


def say(text: str) -> None:
    """Print a remark to stderr."""
    Console(file=sys.stderr, width=_stderr_width(), highlight=False).print(escape(text))


def complain(error: BaseException) -> None:
    """Print an error to stderr in the words of the command, without its traceback."""
    console = Console(file=sys.stderr, width=_stderr_width(), highlight=False)
    console.print(f"[bold red]theoryprune: error:[/] {escape(as_options(str(error)))}", soft_wrap=True)


def _stderr_width() -> int | None:
    return None if sys.stderr.isatty() else shutil.get_terminal_size((_PIPE_WIDTH, 24)).columns
