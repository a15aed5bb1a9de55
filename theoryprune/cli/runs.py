"""Run folders: what one run of the command leaves behind, all or nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from theoryprune.cli.proof import Proof, load_proof, save_proof
from theoryprune.errors import FileFormatError
from theoryprune.graph.files import load_graph, load_mask, save_graph, save_mask
from theoryprune.types import Mask, WeightGraph

SCHEMA = 1
MASK, GRAPH, PROOF, RECORD = "mask.safetensors", "graph.safetensors", "proof.safetensors", "run.json"
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


def check_free(folder: Path, force: bool) -> None:
    """Raise `FileExistsError` unless a run can be written to `folder`.

    With `force` an older run is replaced, and nothing else: a folder that holds other files is always refused.
    """
    if not folder.parent.is_dir():
        raise FileNotFoundError(f"out: the folder '{folder.parent}' does not exist; create it first")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise FileExistsError(f"out: '{folder}' is a file; name a folder")
    inside = sorted(path.name for path in folder.iterdir())
    foreign = [name for name in inside if name not in {MASK, GRAPH, PROOF, RECORD}]
    if foreign:
        raise FileExistsError(f"out: '{folder}' holds other files ({', '.join(foreign[:3])}); name a folder of its own")
    if inside and not force:
        raise FileExistsError(f"out: '{folder}' holds a run already; name another folder, or replace it with --force")


def write_run(folder: Path, run: Run, *, force: bool = False) -> None:
    """Write a run to a folder: everything, or nothing at all.

    Parameters
    ----------
    folder : Path
        Made in a folder that exists. An empty folder is filled, an older run replaced if `force`.
    run : Run
        Its record receives the hashes of the other files.

    Raises
    ------
    FileExistsError, FileNotFoundError
        See `check_free`.

    Notes
    -----
    Written to a folder beside it, which then takes the name: a reader never sees half a run.
    """
    folder = folder.resolve()
    check_free(folder, force)
    token = uuid4().hex[:8]
    fresh, old = folder.with_name(f".{folder.name}.{token}.tmp"), folder.with_name(f".{folder.name}.{token}.old")
    try:
        fresh.mkdir()
        save_mask(run.mask, fresh / MASK)
        save_graph(run.graph, fresh / GRAPH)
        names = [MASK, GRAPH]
        if run.proof is not None:
            save_proof(run.proof, fresh / PROOF)
            names.append(PROOF)
        files = {name: file_hash(fresh / name) for name in names}
        record = {"format": "theoryprune run", "schema": SCHEMA, **run.record, "files": files}
        (fresh / RECORD).write_text(json.dumps(record, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        if folder.exists() and any(folder.iterdir()):
            os.replace(folder, old)
        os.replace(fresh, folder)
    except BaseException:
        if old.exists() and not folder.exists():
            os.replace(old, folder)
        raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def read_run(folder: Path) -> Run:
    """Read a run folder, but not its proof, and check that its files belong together.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    FileFormatError
        If a file is damaged, or belongs to another run, or the record lacks something that the command reads.
    """
    missing = [name for name in (RECORD, MASK, GRAPH) if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(f"'{folder}' is no run folder of theoryprune: {', '.join(missing)} not found in it")
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        known = record["format"] == "theoryprune run" and record["schema"] <= SCHEMA
        hashes = dict(record["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise FileFormatError(f"'{folder / RECORD}' is damaged ({error!r}); run again") from error
    if not known:
        raise FileFormatError(f"'{folder / RECORD}' is of a newer schema; install a newer theoryprune")
    mask, graph = load_mask(folder / MASK), load_graph(folder / GRAPH)
    for name in (MASK, GRAPH):
        _check_hash(folder / name, hashes)
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
    _check_hash(folder / PROOF, run.record["files"])
    return proof


def _check_hash(path: Path, hashes: dict[str, Any]) -> None:
    if hashes.get(path.name) != file_hash(path):
        raise FileFormatError(f"'{path}' is not the file that {RECORD} was written with; run again")


def _check_keys(record: dict[str, Any], path: Path) -> None:
    """Refuse a record without what `show` and `cite` read."""
    arguments = record.get("arguments")
    inside = arguments if isinstance(arguments, dict) else {}
    lacking = [key for key in _KEYS if key not in record] or [f"arguments.{k}" for k in _ARGUMENTS if k not in inside]
    if lacking:
        raise FileFormatError(f"'{path}' lacks '{lacking[0]}'; run prune again")


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
