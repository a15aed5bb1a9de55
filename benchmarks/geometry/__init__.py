"""The room geometry against the published procedures, in a table for each."""

import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

PARTS = ("lowner", "caratheodory", "streaming")
TITLES = {
    "lowner": "lowner, eps 0.01; certificate: g/d - 1 over all points (cvxpy: by the volume); *: above eps",
    "caratheodory": "caratheodory; error of the sums beside those of absolute values; *: more than d + 1 points left",
    "caratheodory_blocks": "caratheodory_blocks, one run; memory: its peak, in sizes of one block",
}
_TURNS = ("points", "contender", "CPU s", "times faster", "goal")
COLUMNS = {
    "lowner": (*_TURNS, "certificate", "n"),
    "caratheodory": (*_TURNS, "error", "n"),
    "caratheodory_blocks": ("points", "CPU s", "error", "memory", "points left"),
}


def geometry(parts: tuple[str, ...] = PARTS, rounds: int = 5, seconds: float = 30.0, out: Path | None = None) -> None:
    """Time the geometry against its contenders by turns, on one thread, and measure the memory of a stream.

    The tables hold theirs / ours: medians of the CPU time over n rounds; and the median and the range of the ratio
    within a round, with the goal for it. All parts together take about five minutes of CPU time.

    Parameters
    ----------
    parts : tuple of str
        Of ``lowner``, ``caratheodory`` and ``streaming``.
    rounds : int
        How often each contender is run.
    seconds : float
        After so much CPU time a contender is not run again on the same points.
    out : Path
        Write all measurements as JSON, too.
    """
    from threadpoolctl import threadpool_limits

    rows: list[dict] = []
    with threadpool_limits(1):
        for part in parts:
            rows += measure(part, rounds, seconds)
            if out is not None:
                environment = {name: version(name) for name in ("numpy", "scipy", "cvxpy")}
                environment |= {"machine": platform.machine(), "cores": os.cpu_count(), "threads": 1}
                out.write_text(
                    json.dumps({"environment": environment, "rows": rows}, indent=2) + "\n", encoding="utf-8"
                )
    Console(width=None if sys.stdout.isatty() else 100).print(*tables(rows))


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


def tables(rows: list[dict]) -> list[Table]:
    """Lay the measurements out, a table for each item: theirs, then ours."""
    return [
        _table(item, [row for row in rows if row["item"] == item]) for item in dict.fromkeys(r["item"] for r in rows)
    ]


def _table(item: str, rows: list[dict]) -> Table:
    out = Table(title=TITLES[item], title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in COLUMNS[item]:
        out.add_column(column, justify="left" if column in ("points", "contender") else "right")
    for row in rows:
        if item == "caratheodory_blocks":
            cells = [f"{row['ours']:.3g}", f"{row['certificate']:.1e}", f"{row['memory']:.2f}", str(row["left"][-1])]
            out.add_row(row["points"], *cells)
            continue
        ratios, goal = row["ratios"], row["goal"]
        spread = f"{row['ratio']:.3g} ({min(ratios):.3g}-{max(ratios):.3g})"
        out.add_row(
            row["points"],
            row["contender"] + ("" if row["reached"] else " *"),
            f"{row['seconds']:.3g} / {row['ours']:.3g}",
            spread if len(ratios) > 1 else f"{row['ratio']:.3g}",
            "" if goal is None else f"{goal:g}",
            f"{row['accuracy']:.2g} / {row['certificate']:.2g}",
            str(row["n"]),
        )
    return out
