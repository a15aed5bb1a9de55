"""A bar on stderr while groups are reduced."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def group_bar(title: str, progress: bool | None) -> Iterator[Callable[[str, int], None]]:
    """Yield a function that takes the name of the group at work, and how many groups there are in all.

    Parameters
    ----------
    title : str
        Shown until the first call.
    progress : bool or None
        Whether to show it; None: if stderr is a terminal.
    """
    shown = sys.stderr.isatty() if progress is None else progress
    columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not shown, transient=True) as bar:
        task, done = bar.add_task(title, total=None), -1

        def at_work(name: str, groups: int) -> None:
            nonlocal done
            done += 1
            bar.update(task, description=name, completed=done, total=groups)

        yield at_work
