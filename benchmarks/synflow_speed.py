"""How fast `theoryprune` prunes by synaptic flow, against the published procedure written plainly.

Runs interleaved pairs in one process (published, ours, published, ours, ...), so that whatever else the machine does
falls on both; the ratio of a pair is what counts, not its seconds.
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
from benchmarks.models import MODELS
from benchmarks.published_synflow import published_synflow

DTYPES = {"float32": torch.float32, "float64": torch.float64}


def measure(name: str, *, compression: float, steps: int, pairs: int, dtype: str, seed: int = 0) -> dict:
    """Time ``pairs`` pairs of runs and compare their masks.

    Parameters
    ----------
    name : str
        A key of `benchmarks.models.MODELS`.
    compression : float
        1 / density.
    steps : int
        Of the exponential schedule, in both.
    pairs : int
        How often each is run.
    dtype : {"float32", "float64"}
        Of our arithmetic; the published one is float32.
    seed : int
        Of the initial weights.

    Returns
    -------
    dict
        Seconds of all runs, their medians, the ratios pair by pair, and the agreement of the masks.
    """
    torch.manual_seed(seed)
    model = MODELS[name]()
    graph = tp.extract(model, model.example_shape)
    score = partial(tp.synflow, dtype=DTYPES[dtype])
    published, ours = [], []
    for _ in range(pairs):
        masks, seconds = published_synflow(model, 1 / compression, steps)
        published.append(seconds)
        start = time.perf_counter()
        pruning = tp.prune(graph, score, 1 / compression, tp.exponential(steps), progress=False)
        ours.append(time.perf_counter() - start)
    reference = tp.Mask({weight: masks[weight].bool() for weight in graph.order})
    agreement = tp.compare_masks(reference, pruning.mask)
    ratios = [a / b for a, b in zip(published, ours, strict=True)]
    return {
        "model": name,
        "weights": graph.num_weights,
        "compression": compression,
        "steps": steps,
        "dtype": dtype,
        "threads": torch.get_num_threads(),
        "n": pairs,
        "published_s": published,
        "ours_s": ours,
        "published_median_s": statistics.median(published),
        "ours_median_s": statistics.median(ours),
        "ratios": ratios,
        "ratio_median": statistics.median(ratios),
        "published_kept": agreement.reference_kept,
        "ours_kept": agreement.kept,
        "overlap": agreement.overlap,
        "layer_l1": agreement.layer_l1,
        "torch": torch.__version__,
        "machine": platform.machine(),
    }


def synflow(
    model: str = "vgg16_bn",
    compression: float = 100.0,
    steps: int = 100,
    pairs: int = 5,
    dtypes: tuple[str, ...] = ("float32", "float64"),
    threads: int = 2,
    out: Path | None = None,
) -> None:
    """Time SynFlow against the published procedure in interleaved pairs.

    Parameters
    ----------
    model : str
        A name of `benchmarks.models.MODELS`.
    compression : float
        1 / density.
    steps : int
        Of the exponential schedule, in both.
    pairs : int
        How often each is run.
    dtypes : tuple of str
        Of our arithmetic; the published one is float32.
    threads : int
        For both.
    out : Path
        A JSON file for all numbers.
    """
    torch.set_num_threads(threads)
    rows = [measure(model, compression=compression, steps=steps, pairs=pairs, dtype=dtype) for dtype in dtypes]
    Console().print(table(rows))
    if out is not None:
        out.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def table(rows: list[dict]) -> Table:
    """Lay the measurements out: median seconds with their range, ratio, and how far the masks agree."""
    first = rows[0]
    out = Table(
        title=f"SynFlow on {first['model']} ({first['weights']:,} weights), compression {first['compression']:g}, "
        f"{first['steps']} steps, {first['threads']} thread(s), n = {first['n']} interleaved pairs",
    )
    for column in ("ours in", "published, s", "ours, s", "times faster", "kept (published)", "kept (ours)", "overlap"):
        out.add_column(column, justify="left" if column == "ours in" else "right")
    for row in rows:
        out.add_row(
            row["dtype"],
            _spread(row["published_s"]),
            _spread(row["ours_s"]),
            _spread(row["ratios"]),
            f"{row['published_kept']:,}",
            f"{row['ours_kept']:,}",
            f"{row['overlap']:.3f}",
        )
    return out


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} - {max(values):.2f})"
