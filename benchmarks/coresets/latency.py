"""How long the compacted network takes, beside its multiply-accumulates."""

import time
from typing import Any

import torch
from torch import nn

import theoryprune as tp
from benchmarks.coresets.options import Options
from benchmarks.coresets.report import Report
from benchmarks.coresets.spread import spread
from benchmarks.models import MODELS
from theoryprune.coresets import merge, reduce

NETWORKS = ("resnet20_a", "vgg16_bn", "resnet18_64")
KEEPS = (0.75, 0.5, 0.25)
BATCHES = (1, 32)
SECONDS = 0.2
"""Passes are repeated until a round of the unpruned network has taken so long."""


def measure(options: Options) -> list[Report]:
    """Reduce all groups of each network, streams too, and time the modules by turns."""
    rows = [row for name in NETWORKS for row in latencies(name, options.rounds)]
    title = f"Latency of compacted networks, {options.threads} thread(s): medians (range), n = {options.rounds} rounds"
    columns = {
        "network": "{network}",
        "kept": "{keep:.0%}",
        "batch": "{batch:d}",
        "MACs": "{macs:.3g}",
        "unpruned / pruned": "{fewer:.2f}",
        "ms": "{shown}",
        "times faster": "{faster}",
    }
    note = (
        "kept: channels of every group, by merge (streams=True); ms: wall clock of one batch; "
        "times faster: unpruned over pruned within a round, which alternate in one process"
    )
    return [Report(title, columns, rows, (note,))]


def latencies(name: str, rounds: int, keeps: tuple[float, ...] = KEEPS, seconds: float = SECONDS) -> list[dict]:
    """Time a network and its reductions at all batch sizes."""
    torch.manual_seed(0)
    model = MODELS[name]().eval()
    graph = tp.extract(model, model.example_shape)
    small = [reduce(graph, keep, merge, streams=True, certify=False).small for keep in keeps]
    modules = [tp.to_module(one).eval() for one in (graph, *small)]
    macs = [tp.measures.macs(one) for one in (graph, *small)]
    rows: list[dict[str, Any]] = []
    for batch in BATCHES:
        times = by_rounds(modules, torch.randn(batch, *model.example_shape), rounds, seconds)
        for place, keep in enumerate((1.0, *keeps)):
            ratios = [whole / own for whole, own in zip(times[0], times[place], strict=True)]
            row = {"network": name, "keep": keep, "batch": batch, "macs": macs[place], "seconds": times[place]}
            row |= {"fewer": macs[0] / macs[place], "ratios": ratios}
            row |= {"shown": spread([1000 * value for value in times[place]]), "faster": spread(ratios)}
            rows.append(row)
    return rows


@torch.inference_mode()
def by_rounds(modules: list[nn.Module], x: torch.Tensor, rounds: int, seconds: float) -> list[list[float]]:
    """Return for each module the seconds of a pass, round by round; in a round each has its turn."""
    once = [_timed(module, x, 1) for module in modules]  # warm
    once = [_timed(module, x, 1) for module in modules]
    repeats = max(1, round(seconds / max(once[0], 1e-9)))
    times: list[list[float]] = [[] for _ in modules]
    for _ in range(rounds):
        for own, module in zip(times, modules, strict=True):
            own.append(_timed(module, x, repeats))
    return times


def _timed(module: nn.Module, x: torch.Tensor, repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        module(x)
    return (time.perf_counter() - start) / repeats
