"""Peak memory and time of `caratheodory_blocks` on a stream, measured in a process of its own (Linux only)."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from math import fsum
from pathlib import Path

import numpy as np

from theoryprune import geometry

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def streaming_rows(n: int = 10_000_000, d: int = 20, block: int = 250_000) -> list[dict]:
    """Return one row, as `caratheodory_rows` does, with ``memory``: the peak over the size of one block.

    Notes
    -----
    The peak counts the block itself and whatever else the run allocates beyond what the process held before. Nothing is
    returned where the system does not tell.
    """
    if not CLEAR.exists():
        return []
    command = [sys.executable, "-m", "benchmarks.geometry.streaming", str(n), str(d), str(block)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [json.loads(done.stdout.splitlines()[-1])]


def stream(n: int, d: int, block: int) -> Iterator[tuple[np.ndarray, None]]:
    """Standard normal points; every call gives the same ones."""
    for number, start in enumerate(range(0, n, block)):
        yield np.random.default_rng(number).standard_normal((min(block, n - start), d)), None


def measure(n: int, d: int, block: int) -> dict:
    """Reduce the stream, in this process."""
    geometry.caratheodory_blocks(stream(20 * block // 10, d, block // 10))  # warm: libraries allocate at first use
    CLEAR.write_text("5")  # resets the peak
    before = _kilobytes("VmRSS")
    start = time.process_time()
    indices, weights, points = geometry.caratheodory_blocks(stream(n, d, block))
    seconds = time.process_time() - start
    peak = (_kilobytes("VmHWM") - before) * 1024 / (block * d * 8)
    return {
        "item": "caratheodory_blocks",
        "points": f"{n} x {d} in blocks of {block}",
        "ours": seconds,
        "certificate": _error(n, d, block, weights, points),
        "memory": peak,
        "left": [len(indices)],
        "n": 1,
    }


def _error(n: int, d: int, block: int, weights: np.ndarray, points: np.ndarray) -> float:
    """As `benchmarks.geometry.caratheodory.error`, by a second reading of the stream."""
    sums, magnitudes = zip(*((p.sum(axis=0), np.abs(p).sum(axis=0)) for p, _ in stream(n, d, block)), strict=True)
    true, size = np.array([fsum(s) for s in zip(*sums, strict=True)]), np.sum(magnitudes, axis=0)
    off = np.abs(weights @ points - true) / size
    return max(float(off.max()), abs(float(weights.sum()) - n) / n)


def _kilobytes(field: str) -> int:
    return next(int(line.split()[1]) for line in STATUS.read_text().splitlines() if line.startswith(field))


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:]))))
