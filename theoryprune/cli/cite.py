"""``theoryprune cite``: BibTeX of what was used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from theoryprune.cli import options
from theoryprune.cli.folders import kind_of
from theoryprune.cli.output import show_json, show_plain
from theoryprune.cli.reductions import read_reduction
from theoryprune.cli.runs import read_run
from theoryprune.reports import cite
from theoryprune.reports.bibliography import SOURCES

_SCORES = frozenset({"random", "uniform"})
"""Names of constructions and allocators too, but what stands behind them is about scores."""


@dataclass(frozen=True)
class Cite:
    """Print the BibTeX entries of methods and models, by name or for a run; all of them without a name."""

    names: Annotated[tyro.conf.Positional[tuple[str, ...]], options.NAMES] = ()
    """Names such as synflow or resnet, or run folders."""

    json: Annotated[bool, options.FLAG] = False
    """Print one JSON document: the names and the BibTeX text."""

    quiet: Annotated[bool, options.FLAG] = False
    """Print nothing but errors, and the JSON if asked for."""

    def run(self) -> None:
        """Execute the command."""
        names = [name for given in self.names for name in _names(given)]
        text = cite(*names)
        if self.json:
            show_json({"names": names or list(SOURCES), "bibtex": text})
        elif not self.quiet:
            show_plain(text)


def _names(given: str) -> list[str]:
    """Return what a run used, or the name itself."""
    if given in SOURCES or not Path(given).is_dir():
        return [given]
    if kind_of(Path(given)) == "reduction":
        run = read_reduction(Path(given))
        used = (run.reduction.method, str(run.record["arguments"]["how"]))
        return [name for name in used if name in SOURCES and name not in _SCORES]
    record = read_run(Path(given)).record
    used = (record["method"], record["arguments"]["schedule"].partition("(")[0])
    return [name for name in used if name in SOURCES]
