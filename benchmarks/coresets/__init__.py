"""Coresets of neurons and filters: their certificates, what they cost in accuracy, what they save in time."""

import importlib
import os
import platform
import shlex
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import tyro
from rich.console import Console

import theoryprune as tp
from benchmarks.coresets.options import Options
from benchmarks.coresets.report import Report, table, to_json

PARTS = ("layer_certs", "soundness", "digits", "resnet20", "efficientnet", "latency", "size", "peers")
"""Each the name of a module here, whose ``measure(options)`` returns the reports."""

PACKAGES = ("numpy", "scipy", "torch", "cvxpy", "torch-pruning")


def coresets(
    parts: tyro.conf.Positional[tuple[str, ...]] = PARTS,
    options: tyro.conf.OmitArgPrefixes[Options] = Options(),  # noqa: B008 (frozen)
    out: Path = Path("runs/coresets"),
) -> None:
    """Measure the coresets part by part: certificates, soundness, accuracy, latency, size, peers.

    Parameters
    ----------
    parts : tuple of str
        Of layer_certs, soundness, digits, resnet20, efficientnet, latency, size, peers; each can be run alone.
    options : Options
        How much is measured, and where the data lie.
    out : Path
        Folder for the measurements as JSON, one file for each part.
    """
    if unknown := [part for part in parts if part not in PARTS]:
        raise SystemExit(f"parts must be of {', '.join(PARTS)}, got {', '.join(unknown)}")
    console = Console(width=None if sys.stdout.isatty() else 140)
    out.mkdir(parents=True, exist_ok=True)
    failed, missing = [], []
    for part in parts:
        try:
            reports = run(part, options, out, console)
        except (tp.DataError, ModuleNotFoundError) as error:
            missing.append(part)
            console.print(f"{part} was not run: {error}", markup=False)
            continue
        failed += [failure for report in reports for failure in report.failures]
    for failure in failed:
        console.print(f"FAILED: {failure}", markup=False)
    if failed or missing:
        raise SystemExit(1)


def run(part: str, options: Options, out: Path, console: Console) -> list[Report]:
    """Measure one part on the threads that the options allow, print its tables, and write them as JSON."""
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(options.threads)
    facts = environment(options)
    start = time.perf_counter(), time.process_time()
    with threadpool_limits(options.threads):
        reports: list[Report] = importlib.import_module(f"benchmarks.coresets.{part}").measure(options)
    facts |= {"seconds": time.perf_counter() - start[0], "cpu_seconds": time.process_time() - start[1]}
    for report in reports:
        console.print(table(report))
    console.print(f"{facts['command']}\n{sentence(facts)}\n", markup=False, highlight=False)
    document = {**facts, "tables": [{"title": r.title, "rows": r.rows, "notes": r.notes} for r in reports]}
    (out / f"{part}.json").write_text(to_json(document), encoding="utf-8")
    return reports


def environment(options: Options) -> dict:
    """What a figure depends on besides the code: command, machine, its load, versions."""
    versions = {"theoryprune": tp.__version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "command": shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]]),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "threads": options.threads,
        "versions": versions,
    }


def sentence(facts: dict) -> str:
    """Return the facts in a line."""
    load = "" if facts["load"] is None else f", load {facts['load']:.1f} at the start"
    packages = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    return (
        f"{facts['machine']}, {facts['cores']} cores, {facts['threads']} thread(s){load}; {facts['seconds']:.0f} s "
        f"({facts['cpu_seconds']:.0f} s of CPU time); {packages}"
    )
