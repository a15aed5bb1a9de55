"""The container of all our files: named tensors and one JSON header in a safetensors file, checked by a hash."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from theoryprune.errors import FileFormatError

SCHEMA = 1
"""Number of the header's layout; a reader refuses larger ones."""

_ENTRY = "theoryprune"

Header = dict[str, Any]


def write(path: str | os.PathLike[str], kind: str, header: Header, tensors: Mapping[str, Tensor]) -> None:
    """Write a file in one piece: the old content stands until the new one is complete.

    Parameters
    ----------
    path : path
        In a folder that exists; a file there is replaced.
    kind : str
        What the file holds: ``"mask"``, ``"graph"`` or ``"proof"``.
    header : dict
        JSON data.
    tensors : mapping of str to Tensor
        On any device but ``meta``.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.

    Notes
    -----
    The bytes are a function of the arguments alone: no date, no host, no path. Cost: a copy of the tensors in memory
    and one pass of SHA-256.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"path: the folder '{target.parent}' for '{target.name}' does not exist; create it first"
        )
    plain = {key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}
    full = {"format": kind, "schema": SCHEMA, **header}
    full["sha256"] = _digest(full, plain)
    temporary = target.with_name(f".{target.name}.{uuid4().hex}.tmp")
    try:
        # As bytes: save_file would make the file readable to its owner only, whatever the umask.
        temporary.write_bytes(save(plain, metadata={_ENTRY: json.dumps(full, allow_nan=False)}))
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def read(path: str | os.PathLike[str], kind: str) -> tuple[Header, dict[str, Tensor]]:
    """Read a file of the given kind and check it against its hash.

    Returns
    -------
    header : dict
    tensors : dict of str to Tensor
        On the CPU, sharing no memory with the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    FileFormatError
        If the file is truncated, damaged, of another kind, of a newer schema, or none of ours.
    """
    source = Path(path)
    if not source.is_file():
        raise FileNotFoundError(f"path: there is no file '{source}' to load a {kind} from")
    try:
        with safe_open(source, framework="pt") as file:
            metadata = file.metadata() or {}
            # Clones, for what get_tensor gives may be a view of the mapped file, which others may replace.
            tensors = {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118  (no mapping)
    except SafetensorError as error:
        raise FileFormatError(f"'{source}' is no safetensors file, or is cut off or damaged: {error}") from error
    return _checked_header(source, kind, metadata, tensors), tensors


def _checked_header(source: Path, kind: str, metadata: Mapping[str, str], tensors: Mapping[str, Tensor]) -> Header:
    if _ENTRY not in metadata:
        raise FileFormatError(
            f"'{source}' is a safetensors file without the header of theoryprune, so it is no {kind}; "
            f"write one with save_{kind} (a state_dict is loaded into the model instead)"
        )
    try:
        header = json.loads(metadata[_ENTRY])
        found, schema, stated = header["format"], header["schema"], header.pop("sha256")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileFormatError(f"'{source}': the header is damaged ({error!r}); write the file again") from error
    if found != kind:
        raise FileFormatError(f"'{source}' holds a {found}, not a {kind}; load it with load_{found}")
    if not isinstance(schema, int) or schema > SCHEMA:
        raise FileFormatError(
            f"'{source}' has schema {schema}, this version reads up to {SCHEMA}; install a newer theoryprune"
        )
    if _digest(header, tensors) != stated:
        raise FileFormatError(f"'{source}': content and hash disagree, so the file is damaged; write it again")
    return dict(header)


def _digest(header: Header, tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over the header and over name, dtype, shape and bytes of every tensor, by name."""
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for key in sorted(tensors):
        tensor = tensors[key]
        digest.update(f"{key}|{tensor.dtype}|{tuple(tensor.shape)}|".encode())
        digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
