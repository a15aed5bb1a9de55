"""The main job on real data: prune a network before training, by three scores, and train what is left.

    python -m benchmarks quickstart

For each seed a small residual network is drawn, pruned at initialisation to four densities by random scores, weight
magnitude and SynFlow, and every pruned network is trained in the same way on scikit-learn's digits. Prints one table,
writes a picture and the records of all runs.
"""

import json
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import mean

import torch
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

import theoryprune as tp
from benchmarks.digits import Images, digits
from benchmarks.models import digits_convnet
from benchmarks.train import accuracy, train

DENSITIES = (0.5, 0.1, 0.03, 0.01)
METHODS = ("random", "magnitude", "synflow")
COLOURS = {"random": "#999999", "magnitude": "#E69F00", "synflow": "#0072B2"}  # told apart by every eye (Okabe, Ito)


@dataclass(frozen=True)
class Run:
    """One network, pruned at initialisation, trained, tested (last epoch)."""

    method: str
    seed: int
    density: float
    kept: int
    total: int
    effective: float
    macs: int
    macs_compacted: int | None
    empty_layers: int
    collapsed: bool
    accuracy: float
    seconds: float


def score(method: str, seed: int) -> Callable[[tp.WeightGraph], tp.Scores]:
    """Return the score function of a method."""
    return {"random": partial(tp.random, seed=seed), "magnitude": tp.magnitude, "synflow": tp.synflow}[method]


def prune_and_train(method: str, density: float, seed: int, training: Images, test: Images) -> Run:
    """Draw, prune and train one network; density 1 is the dense one, by the same path."""
    start = time.perf_counter()
    torch.manual_seed(seed)
    model = digits_convnet()
    graph = tp.extract(model, model.example_shape)
    plan = tp.exponential(100) if method == "synflow" else None  # as published
    pruning = tp.prune(graph, score(method, seed), density, plan, on_collapse="report", progress=False)
    sparse = tp.apply_mask(graph, pruning.mask)
    summary = tp.summarize(graph, sparse)
    masked = tp.mask_module(model, pruning.mask)
    train(masked, training, seed=seed)
    return Run(
        method=method,
        seed=seed,
        density=density,
        kept=pruning.mask.kept,
        total=pruning.mask.total,
        effective=tp.effective_mask(graph, pruning.mask).density,
        macs=summary.macs_effective,
        macs_compacted=None if summary.collapsed else tp.measures.macs(tp.compact(sparse)),
        empty_layers=len(summary.empty_layers),
        collapsed=summary.collapsed,
        accuracy=accuracy(masked, test),
        seconds=time.perf_counter() - start,
    )


def runs(seeds: int) -> Iterator[Run]:
    """Run the dense networks, then every method at every density, for each seed."""
    training, test = digits()
    settings = [("magnitude", 1.0), *((method, density) for density in DENSITIES for method in METHODS)]
    console = Console(stderr=True)
    for seed in range(seeds):
        for method, density in track(settings, f"seed {seed}", console=console, disable=not console.is_terminal):
            yield prune_and_train(method, density, seed, training, test)


def by_setting(records: list[Run]) -> dict[tuple[str, float], list[Run]]:
    """Group the runs that differ by their seed alone."""
    groups: dict[tuple[str, float], list[Run]] = {}
    for run in records:
        groups.setdefault((run.method if run.density < 1 else "dense", run.density), []).append(run)
    return groups


def table(records: list[Run]) -> Table:
    """Return the comparison: means over the seeds, accuracy with its smallest and largest value."""
    seeds = len({run.seed for run in records})
    out = Table(
        title=f"Digits, {records[0].total:,} weights pruned at initialisation, then trained alike; n = {seeds} seeds",
        caption="Means over the seeds; accuracy on 719 test images after the last epoch. kMACs: thousands of "
        "multiply-accumulates (conv+linear, batch 1) of the weights on a path, and of the compacted network.",
        box=box.SIMPLE_HEAD,
        padding=(0, 0, 0, 1),
        show_edge=False,
        pad_edge=False,
    )
    counts = ("density", "kept", "effective\ndensity", "kMACs\npath", "kMACs\ncompact", "empty\nlayers")
    out.add_column("method", no_wrap=True)
    for column in (*counts, "accuracy, %\nmean (range)"):
        out.add_column(column, justify="right", no_wrap=True)
    last = 1.0
    for (method, density), group in by_setting(records).items():
        if density != last:
            out.add_section()
            last = density
        hits = [100 * run.accuracy for run in group]
        small = [run.macs_compacted for run in group if run.macs_compacted is not None]
        out.add_row(
            method,
            f"{density:g}",
            f"{group[0].kept:,}",
            f"{mean(run.effective for run in group):.4f}",
            f"{mean(run.macs for run in group) / 1000:,.0f}",
            f"{mean(small) / 1000:,.0f}" if len(small) == len(group) else f"{len(group) - len(small)} cut off",
            f"{mean(run.empty_layers for run in group):.1f}",
            f"{mean(hits):.1f} ({min(hits):.1f}–{max(hits):.1f})",
        )
    return out


def picture(records: list[Run], path: Path) -> None:
    """Draw accuracy against density for each method, with the range over the seeds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    groups = by_setting(records)
    dense = 100 * mean(run.accuracy for run in groups["dense", 1.0])
    axes.axhline(dense, color="black", linewidth=1, linestyle=":", label=f"not pruned ({dense:.1f} %)")
    for method, marker in zip(METHODS, "sDo", strict=True):
        hits = [[100 * run.accuracy for run in groups[method, density]] for density in DENSITIES]
        centre = [mean(group) for group in hits]
        axes.fill_between(DENSITIES, [min(g) for g in hits], [max(g) for g in hits], color=COLOURS[method], alpha=0.2)
        axes.plot(DENSITIES, centre, marker=marker, color=COLOURS[method], label=method)
    axes.set_xscale("log")
    axes.invert_xaxis()
    axes.set_xticks(DENSITIES, [f"{density:g}" for density in DENSITIES])
    axes.minorticks_off()
    axes.set_xlabel("density: fraction of the weights kept, before training")
    axes.set_ylabel("test accuracy after training (%)")
    axes.set_title(f"Digits, small residual network, n = {len(groups['dense', 1.0])} seeds (band: smallest to largest)")
    axes.legend(loc="lower left")
    figure.savefig(path, dpi=150)


def quickstart(out: Path = Path("runs/quickstart"), seeds: int = 3) -> None:
    """Prune at initialisation and train, on scikit-learn's digits.

    Parameters
    ----------
    out : Path
        Folder for the picture and the records.
    seeds : int
        How many networks are drawn.
    """
    torch.set_num_threads(min(2, torch.get_num_threads()))
    start = time.perf_counter()
    records = list(runs(seeds))
    out.mkdir(parents=True, exist_ok=True)
    picture(records, out / "accuracy.png")
    document = {
        "command": f"python -m benchmarks quickstart --seeds {seeds}",
        "versions": {"theoryprune": tp.__version__, "torch": torch.__version__, "python": platform.python_version()},
        "seconds": time.perf_counter() - start,
        "runs": [asdict(run) for run in records],
    }
    (out / "run.json").write_text(json.dumps(document, indent=1) + "\n")
    console = Console()
    console.print(table(records))
    console.print(f"Picture: {out / 'accuracy.png'}\nRecords: {out / 'run.json'}\n{document['seconds']:.0f} s in all.")
