"""The room geometry against the published procedures, in one table."""

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

PARTS = ("lowner", "caratheodory", "streaming")


def geometry(parts: tuple[str, ...] = PARTS, rounds: int = 5, seconds: float = 30.0, out: Path | None = None) -> None:
    """Time the geometry against its contenders by turns, on one thread, and measure the memory of a stream.

    Parameters
    ----------
    parts : tuple of str
        Of ``lowner``, ``caratheodory`` and ``streaming``.
    rounds : int
        How often each contender is run.
    seconds : float
        After so much time a contender is not run again on the same points.
    out : Path
        Write all measurements as JSON, too.
    """
    from threadpoolctl import threadpool_limits

    rows: list[dict] = []
    with threadpool_limits(1):
        for part in parts:
            rows += measure(part, rounds, seconds)
            if out is not None:
                environment = {name: version(name) for name in ("numpy", "scipy")} | {"machine": platform.machine()}
                out.write_text(
                    json.dumps({"environment": environment, "rows": rows}, indent=2) + "\n", encoding="utf-8"
                )
    Console(width=None if sys.stdout.isatty() else 160).print(table(rows))


def measure(part: str, rounds: int, seconds: float) -> list[dict]:
    """Measure one of the `PARTS`."""
    if part == "lowner":
        from benchmarks.geometry.lowner import lowner_rows  # loads cvxpy

        return lowner_rows(rounds, seconds)
    if part == "caratheodory":
        from benchmarks.geometry.caratheodory import caratheodory_rows

        return caratheodory_rows(rounds, seconds)
    if part == "streaming":
        from benchmarks.geometry.streaming import streaming_rows

        return streaming_rows()
    raise ValueError(f"parts must be of {', '.join(PARTS)}, got {part!r}")


def table(rows: list[dict]) -> Table:
    """Lay the measurements out: medians of the seconds and of the ratios, accuracies, memory."""
    out = Table(
        title="Geometry on one thread, medians of n interleaved runs; error: of lowner the certificate or its like, of "
        "caratheodory that of the sums; memory: peak over one block; *: the contender did not reach what was asked for"
    )
    numbers = ("theirs, s", "ours, s", "times faster", "their error", "our error", "memory", "n")
    for column in ("what", "points", "contender", *numbers):
        out.add_column(column, justify="right" if column in numbers else "left")
    for row in rows:
        missed = "" if row.get("reached", True) else " *"
        cells = [row.get("seconds"), row["ours"], row.get("ratio"), row.get("accuracy"), row["certificate"]]
        shown = ["" if value is None else f"{value:.3g}" for value in (*cells, row.get("memory"))]
        out.add_row(row["item"], row["points"], row["contender"] + missed, *shown, str(row["n"]))
    return out
