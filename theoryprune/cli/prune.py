"""``theoryprune prune``: a model in, a mask and a report out."""

from __future__ import annotations

import inspect
import platform
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from theoryprune import __version__
from theoryprune.cli import options
from theoryprune.cli.folders import check_free, file_hash
from theoryprune.cli.output import say, show, show_json
from theoryprune.cli.proof import proof_of
from theoryprune.cli.runs import PROOF, Run, write_run
from theoryprune.cli.schedule import read_schedule
from theoryprune.cli.target import read_graph
from theoryprune.graph.transform import apply_mask
from theoryprune.masks import prune
from theoryprune.measures import check_density, density_from_compression, density_from_sparsity
from theoryprune.reports import Summary, summarize
from theoryprune.scores import SCORES
from theoryprune.types import Pruning, Scores, TraceRow, WeightGraph


@dataclass(frozen=True)
class Prune:
    """Prune a model at initialisation, or from a checkpoint, without data.

    Prints the layers and totals; with --out also writes the mask, the masked network and the record of the run.
    Nothing is written if anything fails.
    """

    model: Annotated[tyro.conf.Positional[str], options.MODEL]
    """package.module:factory or path/to/file.py:factory. Called without arguments; the current folder is importable."""

    density: Annotated[float | None, options.AMOUNT, options.NUMBER] = None
    """Fraction of the prunable weights to keep, as 0.01."""

    sparsity: Annotated[float | None, options.AMOUNT, options.NUMBER] = None
    """Fraction of the prunable weights to remove, as 0.99."""

    compression: Annotated[float | None, options.AMOUNT, options.NUMBER] = None
    """Prunable weights over kept weights, as 100."""

    method: Annotated[str, options.METHOD] = "synflow"
    """Score of the weights: synflow, synflow_l2, magnitude, random, erk or uniform."""

    schedule: Annotated[
        Literal["adaptive", "guarded", "exponential", "linear", "one_shot"] | None, options.SCHEDULE
    ] = None
    """How the density falls. By default adaptive for scores with a flow, else one_shot; guarded: exponential, with its
    steps cut back to what the flow allows."""

    steps: Annotated[int | None, options.STEPS] = None
    """Number of steps of exponential, linear and guarded: 100 unless given."""

    theta: Annotated[float | None, options.PART] = None
    """Part of the flow that a step of adaptive or guarded may remove: 0.99 unless given."""

    scope: Literal["global", "layer"] = "global"
    """Rank all weights together, or those of each layer by themselves."""

    protect: Annotated[tuple[str, ...], options.PATTERNS] = ()
    """Names or patterns of layers that are kept whole and do not count, as 'linear' '*.shortcut.*'."""

    guard: Annotated[Literal["layer"] | None, options.GUARD] = None
    """layer: keep at each step the highest weight of each layer that carries flow."""

    on_collapse: Literal["raise", "report"] = "raise"
    """What to do when no input reaches an output any more: fail, or go on and say so."""

    weights: Annotated[Path | None, options.FILE] = None
    """Checkpoint of the model: safetensors, or a state_dict that torch.load reads with weights_only."""

    shape: Annotated[str | None, options.SHAPE] = None
    """Shape of one example without the batch axis, as 3,32,32. Else the model's attribute example_shape counts."""

    seed: int = 0
    """For the model's initial weights, and for scores that draw at random."""

    out: Annotated[Path | None, options.FOLDER] = None
    """Folder to make for mask.safetensors, graph.safetensors (masked), run.json, and the proof that verify reads."""

    force: Annotated[bool, options.FLAG] = False
    """Replace an older run in that folder."""

    json: Annotated[bool, options.FLAG] = False
    """Print one JSON document, that of run.json, in place of the tables."""

    quiet: Annotated[bool, options.FLAG] = False
    """Print nothing but errors, and the JSON if asked for."""

    def run(self) -> None:
        """Execute the command."""
        density, schedule = self._density(), read_schedule(self.schedule, self.steps, self.theta)
        score = self._score()
        if self.out is not None:
            check_free(self.out, self.force)
        graph = read_graph(self.model, self.seed, self.shape, self.weights)
        pruning = prune(
            graph,
            score,
            density,
            schedule=schedule,
            scope=self.scope,
            protect=self.protect,
            on_collapse=self.on_collapse,
            guard=self.guard,
            progress=False if self.quiet else None,
        )
        sparse, summary = apply_mask(graph, pruning.mask), summarize(graph, pruning.mask)
        record = self._record(graph, pruning, summary)
        if self.out is not None:
            proof = proof_of(graph, pruning.removed_at) if pruning.certificate else None
            write_run(self.out, Run(pruning.mask, sparse, record, proof), force=self.force)
        if self.json:
            show_json(record)
        elif not self.quiet:
            show(summary, _sentence(pruning), *_claims(pruning))
        if self.out is not None and not self.quiet:
            more = f", {PROOF}" if pruning.certificate else ""
            say(f"written to {self.out}: mask.safetensors, graph.safetensors, run.json{more}")

    def _density(self) -> float:
        if self.density is not None:
            return check_density(self.density)
        if self.sparsity is not None:
            return density_from_sparsity(self.sparsity)
        if self.compression is not None:
            return density_from_compression(self.compression)
        raise ValueError("exactly one of --density, --sparsity and --compression says how much to keep")

    def _score(self) -> partial[Scores]:
        if self.method not in SCORES:
            raise ValueError(
                f"method must be one of {', '.join(SCORES)}, got '{self.method}'; scores that need data or a budget "
                "(snip, grasp, smart_ratio) are built in Python"
            )
        score = SCORES[self.method]
        seeded = "seed" in inspect.signature(score).parameters
        return partial(score, seed=self.seed) if seeded else partial(score)

    def _record(self, graph: WeightGraph, pruning: Pruning, summary: Summary) -> dict[str, Any]:
        return {
            "arguments": {
                "model": relative(self.model),
                "density": self.density,
                "sparsity": self.sparsity,
                "compression": self.compression,
                "method": self.method,
                "schedule": pruning.schedule,
                "scope": self.scope,
                "protect": list(self.protect),
                "guard": self.guard,
                "on_collapse": self.on_collapse,
                "weights": self.weights.name if self.weights else None,
                "shape": list(graph.input_shape),
                "seed": self.seed,
            },
            "versions": versions(),
            "method": pruning.method,
            "collapsed_at": pruning.collapsed_at,
            "hashes": {
                "mask": pruning.mask.sha256,
                "weights": file_hash(self.weights) if self.weights else None,
            },
            "summary": summary.to_dict(),
            "trace": [trace_row(row) for row in pruning.trace],
            "certificate": pruning.certificate.to_dict() if pruning.certificate else None,
        }


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    return {
        "theoryprune": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "numpy", "safetensors")},
    }


def trace_row(row: TraceRow) -> dict[str, Any]:
    """Return a row of the trace as JSON data; amounts of flow are written in hexadecimal, which loses no digit."""
    return {**row.to_dict(), "density": row.density, "empty_layers": list(row.empty_layers)}


def relative(spec: str) -> str:
    """Leave the folders of an absolute path out of a record that may travel."""
    source, _, name = spec.rpartition(":")
    return f"{Path(source).name}:{name}" if Path(source).is_absolute() else spec


def _sentence(pruning: Pruning) -> str:
    mask = pruning.mask
    text = (
        f"{pruning.method}, {pruning.schedule}, {pruning.scope}: kept {mask.kept:,} of {mask.total:,} weights "
        f"(mask {mask.sha256[:12]})"
    )
    return f"{text}; collapsed at step {pruning.collapsed_at}" if pruning.collapsed_at is not None else text


def _claims(pruning: Pruning) -> list[str]:
    """What the certificate says, where there is one."""
    return [f"\n{pruning.certificate}"] if pruning.certificate else []
