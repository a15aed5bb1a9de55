"""How fast, and in how much memory, `theoryprune` prunes by synaptic flow, against the published procedure.

Runs interleaved rounds in one process (published, then each of ours), so that whatever else the machine does falls on
all; the ratio within a round is what counts, not its seconds. The published procedure costs the same at every
iteration, so on the larger networks some of its iterations are timed and scaled up.
"""

import json
import platform
import statistics
import time
from functools import partial
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

import theoryprune as tp
from benchmarks.memory import peak_memory
from benchmarks.models import MODELS
from benchmarks.published_synflow import published_synflow

DTYPES = {"float32": torch.float32, "float64": torch.float64}
ITERATIONS = {"resnet20": 100, "vgg16_bn": 20, "resnet18_64": 10, "resnet50_224": 4, "vgg16_bn_224": 1}
"""The networks of the table, and how many iterations of the published procedure are timed in a round."""


def schedules() -> dict[str, tp.Schedule]:
    """What we run: the published schedule, and ours."""
    return {"exponential(100)": tp.exponential(100), "adaptive(0.99)": tp.adaptive(0.99)}


def measure(name: str, *, compression: float, rounds: int, dtype: str, iterations: int, seed: int = 0) -> list[dict]:
    """Time ``rounds`` rounds on one network.

    Parameters
    ----------
    name : str
        A key of `benchmarks.models.MODELS`.
    compression : float
        1 / density.
    rounds : int
        How often each is run.
    dtype : {"float32", "float64"}
        Of our arithmetic; the published one is float32.
    iterations : int
        Of the published procedure in each round; its time for 100 is that times 100 / iterations.
    seed : int
        Of the initial weights.

    Returns
    -------
    list of dict
        For each schedule the seconds of all rounds, the ratios round by round, and what was pruned.
    """
    torch.manual_seed(seed)
    model = MODELS[name]()
    graph = tp.extract(model, model.example_shape)
    score = partial(tp.synflow, dtype=DTYPES[dtype])
    published: list[float] = []
    ours: dict[str, list[float]] = {label: [] for label in schedules()}
    results: dict[str, tp.Pruning] = {}
    for _ in range(rounds):
        # As far along the published schedule as its iterations go: each costs the same.
        masks, seconds = published_synflow(model, compression ** (-iterations / 100), iterations)
        published.append(seconds * 100 / iterations)
        for label, schedule in schedules().items():
            start = time.perf_counter()
            results[label] = tp.prune(graph, score, 1 / compression, schedule, progress=False)
            ours[label].append(time.perf_counter() - start)
    reference = tp.Mask({weight: masks[weight].bool() for weight in graph.order}) if iterations == 100 else None
    common = {
        "model": name,
        "weights": graph.num_weights,
        "compression": compression,
        "dtype": dtype,
        "threads": torch.get_num_threads(),
        "n": rounds,
        "published_iterations": iterations,
        "published_s": published,
        "torch": torch.__version__,
        "machine": platform.machine(),
    }
    return [
        {
            **common,
            "schedule": label,
            "iterations": len(run.trace),
            "seconds": ours[label],
            "ratios": [a / b for a, b in zip(published, ours[label], strict=True)],
            "kept": run.mask.kept,
            "largest_ratio": run.certificate.largest_ratio,
            "certified": run.certificate.certified,
            "overlap": tp.compare_masks(reference, run.mask).overlap if reference else None,
        }
        for label, run in results.items()
    ]


def synflow(
    models: tuple[str, ...] = tuple(ITERATIONS),
    compression: float = 100.0,
    rounds: int = 3,
    dtypes: tuple[str, ...] = ("float32", "float64"),
    iterations: int | None = None,
    threads: int = 2,
    memory: bool = True,
    out: Path | None = None,
) -> None:
    """Time SynFlow against the published procedure in interleaved rounds, and measure our memory.

    Parameters
    ----------
    models : tuple of str
        Names of `benchmarks.models.MODELS`.
    compression : float
        1 / density.
    rounds : int
        How often each is run.
    dtypes : tuple of str
        Of our arithmetic; the published one is float32.
    iterations : int
        Of the published procedure per round; by default 100 on the smallest network, fewer on larger ones.
    threads : int
        For both.
    memory : bool
        Whether to measure the peak memory as well, each run in a process of its own (Linux only).
    out : Path
        A JSON file for all numbers.
    """
    torch.set_num_threads(threads)
    console, rows = Console(), []
    for name in models:
        for dtype in dtypes:
            count = iterations or ITERATIONS.get(name, 100)
            found = measure(name, compression=compression, rounds=rounds, dtype=dtype, iterations=count)
            for row in found:
                row["peak"] = peak_memory(name, dtype, row["schedule"], compression) if memory else None
            rows += found
            console.print(f"{name}, {dtype}: " + "; ".join(f"{r['schedule']} {_spread(r['ratios'])}" for r in found))
            if out is not None:
                out.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    console.print(table(rows))


def table(rows: list[dict]) -> Table:
    """Lay the measurements out: seconds, ratios with their range, memory over that of the weights."""
    first = rows[0]
    out = Table(
        title=f"SynFlow at compression {first['compression']:g}, {first['threads']} thread(s), median (range) of n = "
        f"{first['n']} interleaved rounds; memory beyond the model's, over the size of the weights in this arithmetic",
    )
    for column in ("network", "ours in", "schedule", "steps", "published, s", "ours, s", "times faster", "memory"):
        out.add_column(column, justify="left" if column in ("network", "ours in", "schedule") else "right")
    for row in rows:
        out.add_row(
            row["model"],
            row["dtype"],
            row["schedule"],
            str(row["iterations"]),
            _spread(row["published_s"]),
            _spread(row["seconds"]),
            _spread(row["ratios"]),
            "" if row["peak"] is None else f"{row['peak']:.2f}",
        )
    return out


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.3g} ({min(values):.3g} - {max(values):.3g})"
