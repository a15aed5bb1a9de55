"""Folders that the command writes: all or nothing, never over what is not ours."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

from theoryprune.errors import FileFormatError

SCHEMA = 1
RECORD = "run.json"
FILES = frozenset(
    {
        RECORD,
        "mask.safetensors",
        "graph.safetensors",
        "proof.safetensors",
        "before.safetensors",
        "small.safetensors",
        "reduction.safetensors",
        "curve.svg",
    }
)
"""Every file that some command writes."""


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
    foreign = [name for name in inside if name not in FILES]
    if foreign:
        raise FileExistsError(f"out: '{folder}' holds other files ({', '.join(foreign[:3])}); name a folder of its own")
    if inside and not force:
        raise FileExistsError(f"out: '{folder}' holds a run already; name another folder, or replace it with --force")


def write_folder(folder: Path, fill: Callable[[Path], None], *, force: bool = False) -> None:
    """Make a folder with everything in it, or nothing at all.

    Parameters
    ----------
    folder : Path
        In a folder that exists. An empty folder is filled, an older run replaced if `force`.
    fill : callable
        Writes the files into the folder it is given.
    force : bool

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
        fill(fresh)
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


def write_record(folder: Path, kind: str, record: dict[str, Any], hashes: dict[str, str]) -> None:
    """Write the record of a run, with the hashes of the other files."""
    full = {"format": f"theoryprune {kind}", "schema": SCHEMA, **record, "files": hashes}
    (folder / RECORD).write_text(json.dumps(full, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def kind_of(folder: Path) -> str:
    """Return what a folder holds by its record: ``"run"``, ``"reduction"``, or nothing if it does not say."""
    try:
        stated = json.loads((folder / RECORD).read_text(encoding="utf-8"))["format"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return str(stated).removeprefix("theoryprune ")


def read_record(folder: Path, kind: str, files: Iterable[str]) -> dict[str, Any]:
    """Read the record of a folder that holds these files.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    FileFormatError
        If the record is damaged, of another kind or of a newer schema.
    """
    missing = [name for name in (RECORD, *files) if not (folder / name).is_file()]
    if RECORD in missing:
        raise FileNotFoundError(f"'{folder}' is no run folder of theoryprune: {', '.join(missing)} not found in it")
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        stated, newer = record["format"], record["schema"] > SCHEMA
        dict(record["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise FileFormatError(f"'{folder / RECORD}' is damaged ({error!r}); run again") from error
    if stated != f"theoryprune {kind}":
        raise FileFormatError(f"'{folder / RECORD}' is of a {stated!r}, not of a theoryprune {kind}")
    if newer:
        raise FileFormatError(f"'{folder / RECORD}' is of a newer schema; install a newer theoryprune")
    if missing:
        raise FileNotFoundError(f"'{folder}' is no whole run folder: {', '.join(missing)} not found in it; run again")
    return record


def check_hash(path: Path, hashes: dict[str, Any]) -> None:
    """Raise `FileFormatError` unless a file is the one that the record was written with."""
    if hashes.get(path.name) != file_hash(path):
        raise FileFormatError(f"'{path}' is not the file that {RECORD} was written with; run again")


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
