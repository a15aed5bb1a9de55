"""Time and memory of large reductions, each in a process of its own: ResNet-50, two layers of a transformer."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.coresets.options import Options
from benchmarks.coresets.report import Report

PAIR = (4096, 11008, 4096)
"""Inputs, hidden units, outputs."""

GOALS = {"resnet50": "5 min, two cores", "pair": "10 min, 8 GiB"}
_STATUS = Path("/proc/self/status")


def measure(options: Options) -> list[Report]:
    """Run both tasks."""
    rows = [run("resnet50", options.threads), run("pair", options.threads, PAIR)]
    columns = {
        "task": "{task}",
        "without certificates, s": "{merge:.1f}",
        "with, s": "{wall:.1f}",
        "asked": "{asked}",
        "CPU of both, s": "{cpu:.1f}",
        "peak memory, GiB": "{peak:.2f}",
        "certificates": "{certified}",
        "prod / full": "{share:.3f}",
    }
    notes = (
        "half of the channels of every group, streams too, by merge, effort fast; n = 1; peak memory: of the process",
        "seconds by the wall clock; ResNet-50 is reduced twice, once without certificates",
    )
    return [Report(f"Large reductions, {options.threads} thread(s)", columns, rows, notes)]


def run(task: str, threads: int, size: tuple[int, int, int] = PAIR) -> dict[str, Any]:
    """Run a task in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.coresets.size", task, str(threads), *map(str, size)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {**json.loads(done.stdout.splitlines()[-1]), "asked": GOALS[task]}


def peak() -> float | None:
    """Return the largest memory that this process has held, in GiB; None where the system does not tell."""
    if not _STATUS.exists():
        return None
    lines = _STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20


def resnet50(name: str = "resnet50_224") -> dict[str, Any]:
    """Reduce every group to half with certificates, after once without."""
    import torch

    import theoryprune as tp
    from benchmarks.coresets.networks import certified
    from benchmarks.models import MODELS
    from theoryprune.coresets import merge, reduce

    torch.manual_seed(0)
    model = MODELS[name]()
    graph = tp.extract(model, model.example_shape)
    start = time.perf_counter()
    reduce(graph, 0.5, merge, streams=True, certify=False)
    middle = time.perf_counter()
    found = reduce(graph, 0.5, merge, streams=True, effort="fast")
    end = time.perf_counter()
    said = certified(found)
    return {
        "task": f"{name}, {said['groups']} groups",
        "merge": middle - start,
        "wall": end - middle,
        "certified": said["certified"],
        "share": said["share"],
    }


def pair(size: tuple[int, int, int] = PAIR) -> dict[str, Any]:
    """Merge a hidden layer to half and certify it."""
    from theoryprune.bounds import certify_layer
    from theoryprune.coresets import merge

    d, n, p = size
    rng = np.random.default_rng(0)
    W, V = rng.standard_normal((n, d)) / np.sqrt(d), rng.standard_normal((p, n)) / np.sqrt(n)
    start = time.perf_counter()
    found = merge(W, V, n // 2)
    middle = time.perf_counter()
    fold = found.merging
    assert fold is not None
    certificate = certify_layer(
        V, W, found.kept, found.outgoing, assignment=fold.assignment, multipliers=fold.multipliers, effort="fast"
    )
    end = time.perf_counter()
    return {
        "task": f"{d} -> {n} -> {p}",
        "merge": middle - start,
        "wall": end - start,
        "certified": str(certificate),
        "share": certificate.gains.product / certificate.full.product,
        "product": certificate.gains.product,
        "triangle": certificate.gains.triangle,
        "centre": certificate.gains.centre,
    }


def main(task: str, threads: int, size: tuple[int, int, int]) -> None:
    """Run a task in this process and print what it took."""
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(threads)
    with threadpool_limits(threads):
        found = resnet50() if task == "resnet50" else pair(size)
    print(json.dumps({**found, "cpu": time.process_time(), "peak": peak()}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), (int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])))
