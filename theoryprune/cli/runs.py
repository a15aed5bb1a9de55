"""Run folders: what one run of the command leaves behind, all or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from theoryprune.cli.folders import RECORD, check_hash, file_hash, read_record, write_folder, write_record
from theoryprune.cli.proof import Proof, load_proof, save_proof
from theoryprune.errors import FileFormatError
from theoryprune.graph.files import load_graph, load_mask, save_graph, save_mask
from theoryprune.types import Mask, WeightGraph

MASK, GRAPH, PROOF = "mask.safetensors", "graph.safetensors", "proof.safetensors"
_KEYS = ("method", "versions", "hashes", "arguments")
_ARGUMENTS = ("model", "density", "sparsity", "compression", "schedule", "scope", "seed")


@dataclass(frozen=True, eq=False)
class Run:
    """What a run folder holds: the mask, the masked network, and the record of how they came about.

    With a certificate also the proof: what it takes to check it. `read_run` leaves it in its file, for it is as large
    as the network (`read_proof`).
    """

    mask: Mask
    graph: WeightGraph
    record: dict[str, Any]
    proof: Proof | None = None


def write_run(folder: Path, run: Run, *, force: bool = False) -> None:
    """Write a run to a folder: everything, or nothing at all.

    Parameters
    ----------
    folder : Path
        Made in a folder that exists. An empty folder is filled, an older run replaced if `force`.
    run : Run
        Its record receives the hashes of the other files.
    force : bool
        Whether an older run may go.

    Raises
    ------
    FileExistsError, FileNotFoundError
        See `check_free`.
    """

    def fill(fresh: Path) -> None:
        save_mask(run.mask, fresh / MASK)
        save_graph(run.graph, fresh / GRAPH)
        names = [MASK, GRAPH]
        if run.proof is not None:
            save_proof(run.proof, fresh / PROOF)
            names.append(PROOF)
        write_record(fresh, "run", run.record, {name: file_hash(fresh / name) for name in names})

    write_folder(folder, fill, force=force)


def read_run(folder: Path) -> Run:
    """Read a run folder, but not its proof, and check that its files belong together.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    FileFormatError
        If a file is damaged, or belongs to another run, or the record lacks something that the command reads.
    """
    record = read_record(folder, "run", (MASK, GRAPH))
    mask, graph = load_mask(folder / MASK), load_graph(folder / GRAPH)
    for name in (MASK, GRAPH):
        check_hash(folder / name, record["files"])
    _check_keys(record, folder / RECORD)
    return Run(mask, graph, record)


def read_proof(folder: Path, run: Run) -> Proof:
    """Read the proof of a run.

    Raises
    ------
    FileFormatError
        If there is none, or it belongs to another run.
    """
    if PROOF not in run.record["files"] or not (folder / PROOF).is_file():
        raise FileFormatError(
            f"'{folder}' holds no {PROOF}, so there is nothing to check the run by: an older version wrote it, or its "
            "score has no flow. Run prune again, with a score that is a flow"
        )
    proof = load_proof(folder / PROOF)
    check_hash(folder / PROOF, run.record["files"])
    return proof


def _check_keys(record: dict[str, Any], path: Path) -> None:
    """Refuse a record without what `show` and `cite` read."""
    arguments = record.get("arguments")
    inside = arguments if isinstance(arguments, dict) else {}
    lacking = [key for key in _KEYS if key not in record] or [f"arguments.{k}" for k in _ARGUMENTS if k not in inside]
    if lacking:
        raise FileFormatError(f"'{path}' lacks '{lacking[0]}'; run prune again")
