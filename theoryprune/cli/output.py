"""Where the command writes: results to stdout, everything else to stderr."""

from __future__ import annotations

import json
import shutil
import sys
from typing import Any

from rich.console import Console, RenderableType
from rich.markup import escape

_PIPE_WIDTH = 120


def show(*parts: RenderableType) -> None:
    """Print results to stdout: as wide as the terminal, or 120 columns where there is none."""
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    console = Console(file=sys.stdout, width=width, highlight=False, markup=False)
    for part in parts:
        console.print(part)


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
    """Print an error to stderr, without its traceback."""
    console = Console(file=sys.stderr, width=_stderr_width(), highlight=False)
    console.print(f"[bold red]theoryprune: error:[/] {escape(str(error))}", soft_wrap=True)


def _stderr_width() -> int | None:
    return None if sys.stderr.isatty() else shutil.get_terminal_size((_PIPE_WIDTH, 24)).columns
